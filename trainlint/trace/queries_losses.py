"""What criteria are given: raw scores, probabilities or log-probabilities, and whether a person gets to see the loss."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from typing import NamedTuple

from trainlint.trace.events import Accumulated, AttributeSet, Backward, Escaped, Event, LossComputed, Reported, Watched
from trainlint.trace.merge import tokens_of
from trainlint.trace.once import once
from trainlint.trace.tokens import ModelToken, Source, Tokens, holds, losses, sources, union
from trainlint.trace.values import Graph, Operation
from trainlint.trace.view import Run, Training

PROBABILITIES = frozenset({"softmax", "sigmoid"})
# What comes straight out of a layer with weights.
SCORES = frozenset({"linear", "conv", "norm"})
# Operations whose output has one sign.
ONE_SIDED = frozenset({"relu", "abs", "softplus"})
# Losses over scores, with the activations that may stand between the scores and them.
_SCORED = {"cross_entropy": {"log_softmax"}, "bce_logits": set[str](), "nll": {"log_softmax"}, "bce": {"sigmoid"}}
_ON_SCORES = frozenset({"cross_entropy", "bce_logits"})
# Operations that leave a probability a probability.
LEAVING = frozenset({"clamp", "dropout", "none"})


@dataclass(frozen=True)
class Mismatch:
    """A criterion that is given the output of an operation which doesn't suit it. ``others`` are further losses of the run
    that are given the same output."""

    loss: LossComputed
    operation: Operation
    others: tuple[LossComputed, ...]


def last_operation(loss: LossComputed) -> Operation | None:
    """What made the prediction what it is, if known."""
    operations = loss.prediction.operations if loss.prediction is not None else ()
    return next((operation for operation in reversed(operations) if operation.name not in LEAVING), None)


def mismatches(run: Run, kinds: Collection[str], unsuitable: Collection[str]) -> Iterator[Mismatch]:
    """Losses of these kinds that are given the output of an unsuitable operation: one for each operation of a run."""
    found: dict[Operation, list[LossComputed]] = {}
    for loss in run.of(LossComputed):
        operation = last_operation(loss)
        if loss.kind in kinds and not loss.offered and operation is not None and operation.name in unsuitable:
            found.setdefault(operation, []).append(loss)
    for operation, given in found.items():
        first = next((loss for loss in given if _trains(loss)), given[0])
        others = {loss.place: loss for loss in given if loss.place != first.place}
        yield Mismatch(first, operation, tuple(others.values()))


def rectified(run: Run) -> Iterator[Mismatch]:
    """Losses over scores of either sign whose sign an operation takes away: one for each operation of a run."""
    found: dict[Operation, list[LossComputed]] = {}
    for loss in run.of(LossComputed):
        if loss.kind not in _SCORED or loss.offered or loss.prediction is None:
            continue
        operations = [operation for operation in loss.prediction.operations if operation.name not in LEAVING]
        if operations and operations[-1].name in _SCORED[loss.kind]:
            operations.pop()
        elif loss.kind not in _ON_SCORES:
            continue
        if len(operations) > 1 and operations[-1].name in ONE_SIDED and operations[-2].name in SCORES:
            found.setdefault(operations[-1], []).append(loss)
    for operation, given in found.items():
        yield Mismatch(next((loss for loss in given if _trains(loss)), given[0]), operation, ())


def _trains(loss: LossComputed) -> bool:
    return loss.prediction is not None and loss.prediction.graph is Graph.ATTACHED


def criterion_name(loss: LossComputed) -> str:
    """What the criterion is called: the class, or the kind of loss."""
    return getattr(loss.criterion, "short", None) or _KINDS.get(loss.kind, loss.kind)


_KINDS = {
    "cross_entropy": "cross_entropy",
    "bce": "binary_cross_entropy",
    "bce_logits": "binary_cross_entropy_with_logits",
    "nll": "nll_loss",
    "kl": "kl_div",
}


# Monitoring


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
    told = losses(tokens)
    data = set(sources(tokens))
    if told and (data & training.sources or not training.sources):
        # Where the data isn't known, a loss that is reported may well be that of the training.
        return True
    if told & training.losses:
        return not data
    return any(_is_told(tokens, objective) for objective in _objectives(training))


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
