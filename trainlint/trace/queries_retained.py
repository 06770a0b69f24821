"""Graphs that are kept although nothing goes back through them again."""

from __future__ import annotations

from collections.abc import Iterator

from trainlint.findings import Place
from trainlint.knowledge.conventions import words
from trainlint.trace.anatomy import bare
from trainlint.trace.events import Accumulated, Backward, Escaped, Forward, Loop, LoopKind, OptimizerStep
from trainlint.trace.merge import tokens_of
from trainlint.trace.places import place_in
from trainlint.trace.sequence import shared_loop
from trainlint.trace.tokens import AccumulatedToken, LossToken, holds, losses, models, sources
from trainlint.trace.values import Data, Graph, Kind
from trainlint.trace.view import Run

_METRIC = frozenset(
    "acc accs accu accuracy accuracies f1 auc iou precision recall top1 top5 correct hits metric".split()
)


def retained_for_nothing(run: Run) -> Iterator[Backward]:
    """Backward passes with ``retain_graph=True`` that are the only one through the graph of their forward pass."""
    retaining = [event for event in run.of(Backward) if event.retain and not event.offered]
    if not retaining or not run.complete:
        return
    for event in retaining:
        loop = shared_loop(event)
        if loop is None or not any(step.inside(loop) for step in run.of(OptimizerStep)):
            continue
        passes = [other for other in run.of(Backward) if other.inside(loop)]
        if any(other.place != event.place or (other.frames == event.frames and other is not event) for other in passes):
            continue
        if _is_fresh(run, event) and not any(_may_go_back(other) for other in run.of(Escaped) if other.inside(loop)):
            yield event


def _is_fresh(run: Run, event: Backward) -> bool:
    """Whether all networks that a loss went through were applied in the same round: one pass back for each pass forth."""
    networks = [bare(model) for model in models(event.tokens)]
    for network in networks:
        before = (other for other in reversed(run.events[: event.order]) if isinstance(other, Forward) and other.direct)
        last = next((other for other in before if bare(other.model) is network), None)
        if last is None or last.frames[: len(event.frames)] != event.frames:
            return False
    return bool(networks)


def _may_go_back(event: Escaped) -> bool:
    """Whether unknown code is given a loss."""
    return any(holds(tokens_of(value), LossToken) for value in event.values)


def _is_called_a_metric(value: Data) -> bool:
    """Whether what unknown code gives is no loss but a metric, by its name: few have a graph."""
    named = value.name is not None and not _METRIC.isdisjoint(words(value.name))
    return value.kind is Kind.UNKNOWN and named and not holds(value.tokens, LossToken)


def kept_graphs(run: Run) -> Iterator[tuple[Accumulated, Place]]:
    """What a batch loop adds up or stores with its graph and nothing back-propagates, and where that stands."""
    used = {token.place for event in run.of(Backward) for token in event.tokens if isinstance(token, AccumulatedToken)}
    going_back = {frame.loop for event in run.of(Backward) for frame in event.frames}
    for event in run.of(Accumulated):
        value, loop = event.value, shared_loop(event)
        if not event.carried or event.offered or event.place in used or loop is None:
            continue
        if (
            not isinstance(value, Data)
            or value.graph is not Graph.ATTACHED
            or not (losses(value.tokens) or models(value.tokens))
            or _is_called_a_metric(value)
        ):
            continue
        if loop.modules:
            # A few networks or losses, each with a graph of its own: these are no rounds of a training.
            continue
        in_forward = any(call.function == "forward" for call in event.calls[loop.depth :])
        if not in_forward and (sources(loop.over) or loop in going_back):
            yield event, _place_of_code(event, loop)


def _place_of_code(event: Accumulated, loop: Loop) -> Place:
    """Where it stands in the code that a loop runs: a framework's loop calls a hook from no line of the program's own."""
    if loop.kind is not LoopKind.FRAMEWORK:
        return place_in(event, loop)
    return event.calls[loop.depth + 1].place if len(event.calls) > loop.depth + 1 else event.place
