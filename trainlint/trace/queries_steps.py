"""Backward passes and steps that lead to nothing: no step, no gradients, no graph."""

from __future__ import annotations

from collections.abc import Iterator

from trainlint.findings import Place
from trainlint.trace.anatomy import bare
from trainlint.trace.events import (
    Backward,
    Clip,
    Escaped,
    Event,
    Forward,
    GradientRead,
    Made,
    Operated,
    OptimizerStep,
    Unscale,
    ZeroGrad,
)
from trainlint.trace.merge import distinct
from trainlint.trace.sequence import GradientFlow, optimizer_of, shared_loop
from trainlint.trace.tokens import CutToken, DrawnToken, LossToken, ModelToken, Source, holds, models
from trainlint.trace.values import WITHOUT_GRADIENT, Data, Graph, Instance, Library

# Ways of going back after which the program itself must step.
OWN_STEP = frozenset({"tensor", "scaler", "accelerator"})


def never_stepped(flow: GradientFlow) -> Iterator[tuple[Library, Backward]]:
    """Optimizers that never step, each with the backward pass in a loop whose gradients are meant for it."""
    backwards = [event for event in flow.of(Backward) if not event.offered and event.via in OWN_STEP]
    if flow.run.of(GradientRead):
        return
    for optimizer in _optimizers(flow):
        if any(_may_be_stepped(flow, optimizer, event) for event in flow.run.among(Escaped, OptimizerStep)):
            continue
        zeroed = [event for event in flow.of(ZeroGrad) if optimizer_of(event) is optimizer and shared_loop(event)]
        for backward in backwards:
            loop = shared_loop(backward)
            if loop is None or flow.anatomy.of_tokens(backward.tokens).meets(flow.anatomy.group(optimizer)) is False:
                continue
            if _is_tried(flow, optimizer, backward):
                continue
            if any(zero.order < backward.order and shared_loop(zero, backward) for zero in zeroed) or (
                not any(step.inside(frame.loop) for step in flow.of(OptimizerStep) for frame in backward.frames)
            ):
                yield optimizer, backward
                break


def _is_tried(flow: GradientFlow, optimizer: Library, backward: Backward) -> bool:
    """Whether an optimizer is made anew each round for numbers drawn there: that tries what fits, or how long it takes."""
    loop = shared_loop(backward)
    drawn = [token for token in backward.tokens if isinstance(token, DrawnToken)]
    if loop is None or holds(backward.tokens, Source) or not any(loop.place in token.loops for token in drawn):
        return False
    return any(made.thing is optimizer and made.inside(loop) for made in flow.run.of(Made))


def _optimizers(flow: GradientFlow) -> list[Library]:
    """The optimizers that a program makes, or zeroes the gradients of."""
    meant = (
        event.thing if isinstance(event, Made) and event.role == "optimizer" else optimizer_of(event)
        for event in flow.run.among(Made, OptimizerStep, Unscale, ZeroGrad, Clip)
        if not event.offered
    )
    return distinct(value for value in meant if isinstance(value, Library))


def _may_be_stepped(flow: GradientFlow, optimizer: Library, event: Event) -> bool:
    if isinstance(event, Escaped):
        return any(bare(value) is optimizer or isinstance(bare(value), Instance) for value in event.values)
    if not isinstance(event, OptimizerStep):
        return False
    group = flow.anatomy.group(optimizer)
    return event.optimizer is None or bare(event.optimizer) is optimizer or flow.group(event).meets(group) is not False


def stepping_on_nothing(flow: GradientFlow) -> Iterator[OptimizerStep]:
    """Steps in a loop with a forward pass, in a program that computes no gradients."""
    if bool(flow.of(Backward)) or bool(flow.of(Escaped)) or flow.run.kind != "script":
        return
    forwards = [event for event in flow.run.of(Forward) if event.direct]
    seen: set[Place] = set()
    for step in flow.steps:
        known = isinstance(step.optimizer, Library) and step.optimizer.place is not None
        if known and step.place not in seen and any(shared_loop(step, forward) for forward in forwards):
            seen.add(step.place)
            yield step


def detached(flow: GradientFlow) -> Iterator[tuple[Place, Backward, str]]:
    """Losses without a graph that are back-propagated: where they were ``cut``, or computed under ``no_grad``."""
    for backward in flow.of(Backward):
        value = backward.value
        if (
            backward.offered
            or backward.via == "grad"
            or not isinstance(value, Data)
            or value.graph is not Graph.DETACHED
        ):
            continue
        if any(operation.name in WITHOUT_GRADIENT for operation in value.operations):
            continue
        if value.cut is not None:
            is_computed = holds(backward.tokens, (ModelToken, LossToken))
            if is_computed and value.cut not in _without_gradient(flow):
                yield value.cut, backward, "cut"
            continue
        forward = _forward_without_gradients(flow, backward)
        if forward is not None:
            yield forward.place, backward, "no_grad"


def not_differentiable(flow: GradientFlow) -> Iterator[tuple[Operated, Backward, bool]]:
    """Operations without gradient between a network and a loss that is back-propagated.

    The last element tells that the loss has another term, which does have a graph.
    """
    for backward in flow.of(Backward):
        value = backward.value
        if backward.offered or backward.via == "grad":
            continue
        if isinstance(value, Data) and value.graph is Graph.DETACHED and value.cut is not None:
            found = _without_gradient(flow).get(value.cut)
            if found is not None and holds(backward.tokens, ModelToken):
                yield found, backward, False
        for token in backward.tokens:
            if isinstance(token, CutToken) and (found := _without_gradient(flow).get(token.place)) is not None:
                yield found, backward, True


def _without_gradient(flow: GradientFlow) -> dict[Place, Operated]:
    """The operations without gradient, by place."""
    return {event.place: event for event in flow.run.of(Operated) if event.operation in WITHOUT_GRADIENT}


def _forward_without_gradients(flow: GradientFlow, backward: Backward) -> Forward | None:
    networks = models(backward.tokens)
    for event in reversed(flow.run.events[: backward.order]):
        if isinstance(event, Forward) and event.direct and any(event.model is network for network in networks):
            return event if event.gradients is False and event.compatible(backward) else None
    return None
