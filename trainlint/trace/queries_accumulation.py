"""Gradients of several batches that are added up before a step: whether they are divided, and where the groups begin."""

from __future__ import annotations

import re
from collections.abc import Iterator

from trainlint.trace.anatomy import bare
from trainlint.trace.events import (
    Backward,
    Escaped,
    GradientRead,
    Guard,
    Loop,
    LoopKind,
    LossComputed,
    OptimizerStep,
    ZeroGrad,
)
from trainlint.trace.sequence import (
    GradientFlow,
    further_guards,
    is_keeper,
    is_periodic,
    once_in_a_while,
    optimizer_of,
    shared_loop,
)
from trainlint.trace.tokens import IndexToken, LossToken, ScaledToken, holds
from trainlint.trace.values import Data, Stream

# Ways of going back after which nothing else divides: frameworks know how many batches they accumulate.
OWN = frozenset({"tensor", "scaler"})


def accumulations(flow: GradientFlow) -> Iterator[tuple[Backward, OptimizerStep, Guard]]:
    """Backward passes of each batch with the step of every so many, and the condition of that step."""
    for step in flow.steps:
        guard = next((guard for guard in step.guards if is_periodic(guard)), None)
        if guard is None:
            continue
        backward = flow.backward_before(step)
        if backward is None or backward.offered or backward.via not in OWN or not once_in_a_while(step, backward):
            continue
        loop = shared_loop(step, backward)
        if loop is None or backward.round_of(loop) != step.round_of(loop) or flow.meet(backward, step) is False:
            continue
        if not _steps_each_batch(flow, backward) and not _zeroed_each_batch(flow, backward, step):
            yield backward, step, guard


def _steps_each_batch(flow: GradientFlow, backward: Backward) -> bool:
    """Whether another step follows each backward pass: the periodic one belongs to something else."""
    return any(
        shared_loop(step, backward) and not further_guards(step, backward) and flow.meet(step, backward) is not False
        for step in flow.of(OptimizerStep)
    )


def _zeroed_each_batch(flow: GradientFlow, backward: Backward, step: OptimizerStep) -> bool:
    loop = shared_loop(backward, step)
    return loop is not None and any(
        zero.inside(loop) and not once_in_a_while(zero, backward) for zero in flow.zeroings(step)
    )


def undivided(flow: GradientFlow) -> Iterator[tuple[Backward, OptimizerStep]]:
    """Accumulated backward passes of mean losses that nothing divides, neither they nor their gradients."""
    if flow.run.of(GradientRead):
        return
    for backward, step, _ in accumulations(flow):
        losses = {token.place for token in backward.tokens if isinstance(token, LossToken)}
        if not losses or holds(backward.tokens, ScaledToken):
            continue
        if not flow.hidden(backward, step) and not losses & _not_averaged(flow):
            yield backward, step


def _not_averaged(flow: GradientFlow) -> set[object]:
    """Where losses are computed that are no means."""
    return {event.place for event in flow.run.of(LossComputed) if event.reduction not in (None, "mean")}


# `i % n == 0` of a counter's own name, and nothing else; the remainder anywhere.
FROM_ZERO = re.compile(r"^\(?\s*[A-Za-z_]\w*\s*%\s*[\w.\[\]\"']+\s*\)?\s*==\s*0$")


def misaligned(flow: GradientFlow) -> Iterator[tuple[Guard, OptimizerStep, ZeroGrad | None]]:
    """Conditions by which the first group has one batch, or (with the zeroing that does it) the last group is dropped."""
    for backward, step, guard in accumulations(flow):
        loop = shared_loop(backward, step)
        if loop is None or loop.kind is not LoopKind.FOR or not guard.side or not isinstance(guard.test, Data):
            continue
        if not any(isinstance(token, IndexToken) and token.loop is loop for token in guard.test.tokens):
            continue
        if FROM_ZERO.match(guard.text):
            counted = loop.over_value
            alone = further_guards(step, backward) == [guard]
            if alone and isinstance(counted, Stream) and counted.from_zero:
                yield guard, step, None
        elif "%" in guard.text and not re.search(r"\bor\b|\blen\(", guard.text):
            zero = _dropping(flow, loop, step)
            if zero is not None:
                yield guard, step, zero


def _dropping(flow: GradientFlow, loop: Loop, step: OptimizerStep) -> ZeroGrad | None:
    """The zeroing before a batch loop, in each epoch, that wipes what the last epoch left; None where a step uses it."""
    if loop.rounds is not None or flow.run.kind != "script":
        return None
    mine = optimizer_of(step)
    escaped = [event for event in flow.of(Escaped) if not event.inside(loop)]
    if any(value is mine or is_keeper(value) for event in escaped for value in map(bare, event.values)):
        return None
    for zero in flow.zeroings(step):
        around = shared_loop(zero, step)
        if zero.order < step.order and not zero.inside(loop) and around is not None and not further_guards(zero, step):
            others = [event for event in flow.of(OptimizerStep) if event.inside(around) and event.place != step.place]
            return None if any(flow.meet(event, step) is not False for event in others) else zero
    return None
