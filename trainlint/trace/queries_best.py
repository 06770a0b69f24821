"""The best weights of a training: where they are kept, and whether anything is done with them."""

from __future__ import annotations

import re
from collections.abc import Iterator

import msgspec

from trainlint.findings import Place
from trainlint.trace.evaluations import Evaluation, evaluations
from trainlint.trace.events import Assigned, Decided, Escaped, Event, Guard, Loaded, Saved
from trainlint.trace.merge import tokens_of
from trainlint.trace.places import place_beside
from trainlint.trace.queries_saving import KEEPING, is_best
from trainlint.trace.sequence import repeats
from trainlint.trace.tokens import IndexToken, RestoredToken, Source, holds, models, sources
from trainlint.trace.values import Library
from trainlint.trace.view import Run, Training

_BEST_NAME = re.compile(r"best|(?:^|[._])(?:max|min)|highest|lowest|optimal", re.I)
# Calls of unknown code that may put other weights into a network.
_RESTORING = re.compile(r"load|restor|resum|best|checkpoint|ckpt|state|swap|ema|averag|merge", re.I)


def kept_bests(training: Training) -> Iterator[tuple[Event, Guard]]:
    """Where the weights are saved, or copied, because a number is better than before, and the condition."""
    for event in training.among(Saved, Assigned):
        if isinstance(event, Saved) and event.holds & KEEPING:
            for guard in event.guards:
                if is_of_best(guard, training):
                    yield event, guard
                    break
        elif isinstance(event, Assigned) and is_best(event) and _is_copy(event):
            yield event, event.guards[-1]


def _is_copy(event: Assigned) -> bool:
    value = event.value
    return isinstance(value, Library) and value.role == "state" and bool(value.state.get("copied"))


def is_of_best(guard: Guard, training: Training) -> bool:
    """Whether a condition compares a measured number with one that is kept where it holds, to be compared with the next."""
    if guard.kind != "if" or all(isinstance(token, IndexToken | RestoredToken) for token in guard.tokens):
        return False
    if any(sign in guard.text for sign in "<>"):
        return any(guard in event.guards and _stands_in(event.target, guard.text) for event in training.of(Assigned))
    # `is_best`, which was compared before.
    if "best" in guard.text and (
        any(_BEST_NAME.search(event.target) for event in training.of(Assigned))
        or any(event.how == "best" for event in training.of(Decided))
    ):
        return True
    # `improved`, by which the best number is written as well.
    return holds(guard.tokens, Source) and any(
        guard in event.guards and _BEST_NAME.search(event.target) and holds(tokens_of(event.value), Source)
        for event in training.of(Assigned)
    )


def _stands_in(name: str, text: str) -> bool:
    return re.search(rf"(?<![\w.]){re.escape(name)}(?![\w.])", text) is not None


class LastTested(msgspec.Struct, frozen=True):
    """A final test of a training's last weights, though better ones were kept by a condition at ``kept``."""

    evaluation: Evaluation
    place: Place
    kept: Event
    guard: Guard


def tests_of_last(run: Run) -> Iterator[LastTested]:
    """Final tests of networks whose best weights were kept during the training and never loaded again."""
    if not run.complete:
        return
    for training in run.trainings:
        first, last = training.events[0].order, training.events[-1].order
        if any(event.order > first and _may_load(event) for event in run.among(Loaded, Escaped)):
            continue
        best = next((found for found in kept_bests(training) if not found[0].offered), None)
        if best is None:
            continue
        for evaluation in evaluations(run.events[last + 1 :], training.sources):
            if _is_final_test(evaluation, training, best[1]):
                yield LastTested(evaluation, _place(evaluation.event, training), *best)
                break


def _is_final_test(evaluation: Evaluation, training: Training, guard: Guard) -> bool:
    """Whether test data, by which the best weights were not chosen, is evaluated on the network that was trained."""
    event = evaluation.event
    if evaluation.split != "test" or event.offered or evaluation.source in sources(guard.tokens):
        return False
    return any(model is other for model in models(event.tokens) for other in training.models)


def _may_load(event: Event) -> bool:
    if isinstance(event, Loaded):
        return True
    return isinstance(event, Escaped) and bool(_RESTORING.search(event.callee))


def _place(event: Event, training: Training) -> Place:
    """Where something after a training stands, seen from there: the call, the loop over the data, or itself."""
    around = training.events[0].calls[: training.loop.depth]
    place = place_beside(event, around)
    if place != event.place:
        return place
    outer = {frame.loop for frame in training.events[0].frames}
    loops = [frame.loop for frame in event.frames if repeats(frame.loop) and frame.loop not in outer]
    return loops[0].place if loops else event.place
