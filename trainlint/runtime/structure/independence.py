"""In eval mode a sample's output must not depend on the other samples of its batch."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn

from trainlint.runtime.batches import batch_size, call, cloned, main_output, map_tensors
from trainlint.runtime.outputs import is_distribution
from trainlint.runtime.recording import Call, record
from trainlint.runtime.report import Part, Verdict

# Batches of other contents take other summation orders; single precision keeps six digits of sums, half three.
TOLERANCE = {torch.float64: 1e-9, torch.float32: 1e-3, torch.float16: 3e-2, torch.bfloat16: 1e-1}
MOST_SAMPLES = 8


def check_independence(model: nn.Module, inputs: Any) -> Part:
    """Exchange all samples but one, and see whether that one's output stays. ``model`` must be in eval mode."""
    length = batch_size(inputs)
    if length is None or length < 2:
        return Part("batch independence", Verdict.SKIP, "needs a batch of two samples at least")
    kept = torch.arange(0, length, max(length // MOST_SAMPLES, 1))[:MOST_SAMPLES]
    with torch.no_grad():
        output = main_output(call(model, cloned(inputs)))
    if output is None or output.dim() < 1 or output.shape[0] != length:
        shape = None if output is None else tuple(output.shape)
        return Part(
            "batch independence",
            Verdict.SKIP if output is None or output.dim() < 1 else Verdict.WARN,
            f"the output's first axis is not the batch: {length} samples give shape {shape}",
            "" if output is None else "keep the batch first; a view() or reshape() may have mixed axes",
            cause=None if output is None or output.dim() < 1 else "batch-axis-lost",
        )
    for index in kept.tolist():
        others = _exchanged(inputs, index, length)
        with torch.no_grad():
            again = main_output(call(model, cloned(others)))
        if again is None or not _same(output[index], again[index]):
            return _dependent(model, inputs, others, index, output)
    return Part("batch independence", Verdict.PASS, f"{len(kept)} samples' outputs ignore their neighbours")


def _exchanged(inputs: Any, index: int, length: int) -> Any:
    """The batch with every sample but ``index`` replaced by its neighbour's, scaled where it is a quantity, so that
    even a batch of equal samples changes."""

    def exchange(tensor: Tensor) -> Tensor:
        moved = tensor.roll(1, 0)
        if tensor.is_floating_point() or tensor.is_complex():
            moved = moved * 0.5
        moved[index] = tensor[index]
        return moved

    return map_tensors(inputs, exchange)


def _same(first: Tensor, second: Tensor) -> bool:
    if first.shape != second.shape:
        return False
    if not first.is_floating_point():
        return torch.equal(first, second)
    tolerance = TOLERANCE.get(first.dtype, 1e-3)
    # The size of the whole row: single entries near zero carry the rounding of the large ones.
    return float((first - second).abs().max()) <= tolerance * float(first.abs().max().clamp_min(1e-6))


def _dependent(model: nn.Module, inputs: Any, others: Any, index: int, output: Tensor) -> Part:
    length = len(output)
    culprit = _first_to_mix(
        record(model, lambda: call(model, cloned(inputs))),
        record(model, lambda: call(model, cloned(others))),
        index,
        length,
    )
    where = culprit.title if culprit is not None else type(model).__name__
    softmax = output.dim() == 2 and output.is_floating_point() and is_distribution(output, 0)
    advice = (
        "look for view(), reshape(), transpose(), a softmax or a normalisation over the batch axis, or a recurrent "
    )
    advice += "layer without batch_first=True"
    return Part(
        "batch independence",
        Verdict.FAIL,
        f"the output of sample {index} changes with the other samples of the batch; it begins in {where}",
        "give the softmax its class axis (dim=1)" if softmax else advice,
        cause="batch-mixing",
        code="TL604" if softmax else None,
        where=where,
    )


def _first_to_mix(first: list[Call], second: list[Call], index: int, length: int) -> Call | None:
    """The innermost module whose output for one sample differs though its input for that sample does not."""
    for one, two in zip(first, second, strict=False):
        inputs = _row_same(one.inputs, two.inputs, index, length)
        if inputs and not _row_same(one.outputs, two.outputs, index, length):
            return one
    return None


def _row_same(first: list[Tensor], second: list[Tensor], index: int, length: int) -> bool:
    for one, two in zip(first, second, strict=False):
        by_sample = one.dim() > 0 and one.shape[0] == length and two.shape == one.shape
        if not _same(one[index], two[index]) if by_sample else not _same(one, two):
            return False
    return True
