"""Whether a person gets to see the loss."""

from __future__ import annotations

from typing import NamedTuple

from trainlint.trace.events import Accumulated, AttributeSet, Backward, Escaped, Event, Reported, Watched
from trainlint.trace.merge import tokens_of
from trainlint.trace.once import once
from trainlint.trace.tokens import LossToken, ModelToken, Source, Tokens, holds, losses, sources, union
from trainlint.trace.view import Training

# The events that may tell a number.
_TELLING = (AttributeSet, Watched, Accumulated, Escaped, Reported)


def is_monitored(training: Training) -> bool:
    """Whether the loss on training data is printed, logged, kept, returned from the function that trains, or handed to
    unknown code that may do so."""
    if not any(holds(backward.tokens, ModelToken) for backward in training.backwards):
        # What the objective is computed from isn't known, and so nor whether it is told.
        return True
    return any(_tells(event, training) for event in training.run.among(*_TELLING))


def _tells(event: Event, training: Training) -> bool:
    if isinstance(event, AttributeSet):
        return _is_loss(tokens_of(event.value), training)
    if isinstance(event, Watched):
        return "loss" in event.what
    if isinstance(event, Accumulated):
        # What an option sums up, it reports where it is asked again.
        return event.offered and _is_loss(tokens_of(event.value), training)
    if isinstance(event, Escaped):
        # What goes to unknown code after the update, with what the objective was made of, may well be that.
        tokens = union(*(tokens_of(value) for value in event.values))
        return any(
            _is_told(tokens, objective) for objective in _objectives(training) if _follows(event, objective.backward)
        )
    if not isinstance(event, Reported):
        return False
    if event.how == "returned" and not _after_update(event, training):
        return False
    return _is_loss(event.tokens, training)


def _follows(event: Event, backward: Backward) -> bool:
    """Whether an event comes after an update, in the same round of each loop that holds both."""
    shared = min(len(event.frames), len(backward.frames))
    return backward.order < event.order and event.frames[:shared] == backward.frames[:shared]


def _is_loss(tokens: Tokens, training: Training) -> bool:
    told = losses(tokens) - _others(training)
    data = set(sources(tokens))
    if told and (data & training.sources or not training.sources):
        # Where the data isn't known, a loss that is reported may well be that of the training.
        return True
    if told & training.losses:
        return not data
    return any(_is_told(tokens, objective) for objective in _objectives(training))


@once
def _others(training: Training) -> frozenset[LossToken]:
    """The losses of trainings before and after this one in the same run: fine-tuning is not seen in what was told of the
    training before."""
    first, last = training.events[0].order, training.events[-1].order
    found: set[LossToken] = set()
    for other in training.run.trainings:
        if other.events[-1].order < first or other.events[0].order > last:
            found |= other.losses
    return frozenset(found - training.losses)


class _Objective(NamedTuple):
    """An objective that only `backward()` tells to be one (`out[0]`): it is known by what it was computed from."""

    backward: Backward
    through: frozenset[ModelToken]
    data: frozenset[Source]


@once
def _objectives(training: Training) -> list[_Objective]:
    return [
        _Objective(
            backward,
            frozenset(token for token in backward.tokens if isinstance(token, ModelToken)),
            frozenset(sources(backward.tokens)),
        )
        for backward in training.backwards
        if all(loss.place == backward.place for loss in losses(backward.tokens))
    ]


def _is_told(tokens: Tokens, objective: _Objective) -> bool:
    through, data = objective.through, objective.data
    return not through.isdisjoint(tokens) and (not data or not data.isdisjoint(tokens))


def _after_update(event: Event, training: Training) -> bool:
    """Whether a function returns after gradients were computed in it: what `forward` returns, is no report."""
    return any(
        backward.order < event.order and backward.calls[: len(event.calls)] == event.calls
        for backward in training.backwards
    )
