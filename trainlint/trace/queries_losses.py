"""What criteria are given: raw scores, probabilities or log-probabilities."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass

from trainlint.trace.events import LossComputed
from trainlint.trace.merge import is_one_of_several
from trainlint.trace.values import Graph, Operation
from trainlint.trace.view import Run

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
    losses = run.of(LossComputed)
    for loss in losses:
        operation = last_operation(loss)
        if loss.kind in kinds and not loss.offered and operation is not None and operation.name in unsuitable:
            if not is_one_of_several(loss.criterion, (each.criterion for each in losses if each.place == loss.place)):
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
