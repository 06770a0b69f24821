"""Name the place where the loss has a kink: the innermost module whose output bends where its input does not."""

from __future__ import annotations

import functools

import torch
from torch import Tensor

from trainlint.runtime.recording import Call, record

from .numeric import Comparison
from .problem import Problem

# Outputs that bend by more than this share of their change have a kink: a smooth one bends by the step's size only.
BEND = 0.05


def kink_module(problem: Problem, comparison: Comparison) -> str:
    """The title of the module with the kink that ``comparison`` met, ``"the loss"`` where no module has it."""
    module = problem.module
    if module is None:
        return "the function"
    shifts = comparison.probe.shifts
    below, here, above = (
        record(module, functools.partial(problem.shifted, shifts, amount)) for amount in (-1 / 64, 0.0, 1 / 64)
    )
    if not len(below) == len(here) == len(above):
        return "the forward, which calls other modules beside the point"
    for call_below, call, call_above in zip(below, here, above, strict=True):
        outputs_bend = _bends(call_below.outputs, call.outputs, call_above.outputs)
        if outputs_bend and not _bends(call_below.inputs, call.inputs, call_above.inputs):
            return _title(call)
    return "the loss"


def _title(call: Call) -> str:
    return call.title if call.name else f"{call.title}'s own forward"


def _bends(below: list[Tensor], here: list[Tensor], above: list[Tensor]) -> bool:
    """Whether a tensor's two one-sided changes differ in an entry by far more than rounding and curvature."""
    for low, middle, high in zip(below, here, above, strict=True):
        if not middle.is_floating_point() or not low.shape == middle.shape == high.shape:
            continue
        up, down = high - middle, middle - low
        floor = 1e3 * torch.finfo(middle.dtype).eps * (middle.abs() + low.abs() + high.abs())
        size = up.abs() + down.abs()
        if bool(((up - down).abs() > BEND * size + floor).any()):
            return True
    return False
