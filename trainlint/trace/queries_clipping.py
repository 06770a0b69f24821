"""Clips of gradients: whether they come when the gradients are complete, and unscaled."""

from __future__ import annotations

from collections.abc import Iterator

from trainlint.trace.anatomy import bare
from trainlint.trace.events import Backward, Clip, Escaped, Event, Loop, OptimizerStep, Unscale, ZeroGrad
from trainlint.trace.merge import tokens_of
from trainlint.trace.sequence import GradientFlow, once_in_a_while, repeats
from trainlint.trace.tokens import LossToken, holds
from trainlint.trace.values import Instance, Library, Value


def misplaced_clips(flow: GradientFlow) -> Iterator[tuple[Clip, str, Event]]:
    """Clips that come too ``early``, too ``late`` or too ``often``, with the backward pass or step that tells so."""
    for clip in flow.of(Clip):
        loop = next((frame.loop for frame in reversed(clip.frames) if _goes_back(flow, frame.loop, clip)), None)
        if clip.offered or loop is None:
            continue
        before = _last_before(flow, clip, loop)
        if isinstance(before, Backward):
            step = _next_step(flow, clip, loop)
            if step is not None and once_in_a_while(step, clip) and once_in_a_while(step, before):
                yield clip, "often", step
        elif isinstance(before, OptimizerStep):
            yield clip, "late", before
        elif before is None or isinstance(before, ZeroGrad):
            backward = _next_backward(flow, clip, loop)
            if backward is not None:
                yield clip, "early", backward


def _goes_back(flow: GradientFlow, loop: Loop, clip: Clip) -> bool:
    return repeats(loop) and any(
        backward.inside(loop) and flow.meet(backward, clip) is not False for backward in flow.of(Backward)
    )


def _last_before(flow: GradientFlow, clip: Clip, loop: Loop) -> Event | None:
    """What happened to the clipped gradients last, in the same round of a loop or the one before; an escape is anything."""
    known = flow.group(clip)
    for event in reversed(flow.events[: flow.events.index(clip)]):
        if not event.inside(loop) or not event.compatible(clip) or isinstance(event, Clip | Unscale):
            continue
        if isinstance(event, Escaped):
            if any(holds(tokens_of(value), LossToken) for value in event.values):
                return event
            if flow.reached(event, clip) and not known.open:
                return event
            continue
        if isinstance(event, Backward):
            if flow.meet(event, clip) is not False:
                return event
        elif flow.meet(event, clip) or not any(True for _ in flow.rivals(loop, event)):
            return event
    return None


def _next_step(flow: GradientFlow, clip: Clip, loop: Loop) -> OptimizerStep | None:
    for event in flow.events[flow.events.index(clip) :]:
        if isinstance(event, OptimizerStep) and event.inside(loop) and event.compatible(clip):
            if flow.meet(event, clip) is not False:
                return event
    return None


def _next_backward(flow: GradientFlow, clip: Clip, loop: Loop) -> Backward | None:
    """A backward pass later in the same round."""
    for event in flow.events[flow.events.index(clip) :]:
        if isinstance(event, Backward) and event.round_of(loop) == clip.round_of(loop) and event.compatible(clip):
            if flow.meet(event, clip) is not False:
                return event
    return None


def scaled_clips(flow: GradientFlow) -> Iterator[tuple[Clip, OptimizerStep]]:
    """Clips between a scaled backward pass and the scaler's step that nothing unscales."""
    for step in flow.steps:
        if step.via != "scaler" or _turned_off(step.scaler):
            continue
        backward = flow.backward_before(step)
        if backward is None or backward.via != "scaler" or backward.offered:
            continue
        for clip in flow.between(backward, step, Clip):
            if clip.offered or flow.meet(clip, step) is False or _unscaled(flow, backward, clip, step):
                continue
            yield clip, step


def _unscaled(flow: GradientFlow, backward: Backward, clip: Clip, step: OptimizerStep) -> bool:
    if any(event.scaler is step.scaler or step.scaler is None for event in flow.between(backward, clip, Unscale)):
        return True
    return any(
        bare(value) is step.scaler or isinstance(value, Instance)
        for event in flow.between(backward, clip, Escaped)
        for value in event.values
    )


def _turned_off(scaler: Value | None) -> bool:
    return isinstance(scaler, Library) and scaler.constant("enabled") is False
