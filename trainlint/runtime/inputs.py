"""Whether inputs are of a scale that initialisations are made for."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from .batches import named_tensors
from .report import Part, Verdict

# Initialisations assume inputs of about zero mean and unit variance (LeCun et al., "Efficient BackProp", 1998; He et
# al. 2015). Ten times more saturates or explodes; a hundredth leaves the first layer without signal.
LARGE = 10.0
SMALL = 0.01


def check_input_scale(inputs: Any) -> Part:
    """The spread of every floating-point or byte-valued input tensor; index tensors are no quantities."""
    found = [(name or "input", tensor) for name, tensor in named_tensors(inputs, "inputs") if _is_quantity(tensor)]
    if not found:
        return Part("input scale", Verdict.SKIP, "no floating-point input")
    name, worst = max(found, key=lambda item: _badness(item[1]))
    return _judged(name, worst)


def _is_quantity(tensor: Tensor) -> bool:
    return tensor.numel() > 1 and (tensor.is_floating_point() or tensor.dtype == torch.uint8)


def _size(tensor: Tensor) -> float:
    return float(tensor.detach().cpu().double().pow(2).mean().sqrt())


def _badness(tensor: Tensor) -> float:
    size = _size(tensor)
    return float("inf") if size != size else max(size / LARGE, SMALL / size if size > 0 else 1e9)


def _judged(name: str, tensor: Tensor) -> Part:
    values = tensor.detach().cpu().double()
    if not bool(torch.isfinite(values).all()):
        bad = int((~torch.isfinite(values)).sum())
        return Part(
            "input scale",
            Verdict.FAIL,
            f"{name} holds {bad} entries that are NaN or infinite",
            "find the samples they come from, and drop or repair them",
            cause="non-finite-input",
            where=name,
            evidence={"non-finite": bad},
        )
    evidence: dict[str, object] = {
        "mean": float(values.mean()),
        "std": float(values.std()),
        "least": float(values.min()),
        "largest": float(values.max()),
    }
    size = _size(tensor)
    if size > LARGE or (0 < size < SMALL):
        reason = (
            "bytes from 0 to 255" if float(values.max()) > 200 and float(values.min()) >= 0 else f"{size:.3g} in size"
        )
        return Part(
            "input scale",
            Verdict.WARN,
            f"{name} is not scaled: {reason}",
            "subtract the training set's mean and divide by its standard deviation",
            cause="unscaled-input",
            where=name,
            evidence=evidence,
        )
    if size == 0:
        return Part(
            "input scale",
            Verdict.FAIL,
            f"{name} is zero everywhere",
            "look at how the batch is made",
            cause="constant-input",
            where=name,
            evidence=evidence,
        )
    return Part("input scale", Verdict.PASS, "inputs are of usual scale", evidence=evidence)
