"""Gradient scalers that are half used: a bare step, no update, unscaled twice."""

from __future__ import annotations

from collections.abc import Iterator

from trainlint.trace.anatomy import bare
from trainlint.trace.events import Escaped, GradientRead, OptimizerStep, ScalerUpdate, Unscale
from trainlint.trace.sequence import GradientFlow, further_guards, is_periodic, optimizer_of
from trainlint.trace.values import Instance, Library, Value


def misused_scalers(flow: GradientFlow) -> Iterator[tuple[OptimizerStep, str]]:
    """Steps with what is wrong about their scaler: ``bare``, ``never updated``, ``unscaled twice``."""
    for step in flow.steps:
        if step.via != "scaler":
            if step.via == "optimizer" and _follows_scaling(flow, step):
                yield step, "bare"
            continue
        scaler = step.scaler
        if not isinstance(scaler, Library) or scaler.constant("enabled") is False or scaler.place is None:
            continue
        if _escapes(flow, scaler):
            continue
        if not any(bare(event.scaler) is scaler for event in flow.run.of(ScalerUpdate)):
            yield step, "never updated"
        elif _unscaled_twice(flow, step):
            yield step, "unscaled twice"


def _escapes(flow: GradientFlow, scaler: Value) -> bool:
    return any(
        bare(value) is scaler or isinstance(bare(value), Instance)
        for event in flow.of(Escaped)
        for value in event.values
    )


def _follows_scaling(flow: GradientFlow, step: OptimizerStep) -> bool:
    """Whether an optimizer steps itself, on all paths, on gradients that a scaler multiplied and nothing divided."""
    backward = flow.backward_before(step)
    if backward is None or backward.via != "scaler" or backward.offered or not flow.meet(backward, step):
        return False
    if any(not is_periodic(guard) for guard in further_guards(step, backward)):
        return False
    mine = optimizer_of(step)
    by_scaler = any(other.via == "scaler" and optimizer_of(other) is mine for other in flow.of(OptimizerStep))
    read = bool(flow.run.of(GradientRead))
    return not (by_scaler or read or bool(flow.of(Unscale)) or bool(flow.of(Escaped)))


def _unscaled_twice(flow: GradientFlow, step: OptimizerStep) -> bool:
    """Whether the gradients are unscaled at two places before one step, both on every path to it."""
    backward = flow.backward_before(step)
    if backward is None:
        return False
    unscaled = {
        event.place
        for event in flow.between(backward, step, Unscale)
        if bare(event.scaler) is step.scaler and optimizer_of(event) is optimizer_of(step) is not None
        if not further_guards(event, step)
    }
    return len(unscaled) > 1
