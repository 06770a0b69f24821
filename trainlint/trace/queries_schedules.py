"""Which optimizer trains, and what changes its learning rate."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from trainlint.trace.anatomy import parts, plain
from trainlint.trace.events import Escaped, Event, Made, OptimizerStep, RateWritten, SchedulerStep
from trainlint.trace.merge import distinct, options_of
from trainlint.trace.once import once
from trainlint.trace.rounds import rounds_of_copies
from trainlint.trace.values import (
    Constant,
    Instance,
    Library,
    Value,
)
from trainlint.trace.view import Run, Training

# Schedules whose `step()` without an argument moves on by one, as torch's do.
TORCH_LIKE = ("torch.optim.", "transformers.", "diffusers.")
# The events that may change a learning rate.
CHANGING = (RateWritten, SchedulerStep, Made, Escaped)


def is_optimizer(value: Value) -> bool:
    return _has_role(value, "optimizer")


def is_scheduler(value: Value) -> bool:
    return _has_role(value, "scheduler")


def _has_role(value: Value, role: str) -> bool:
    inner = plain(value)
    if isinstance(inner, Library):
        return inner.role == role
    return isinstance(inner, Instance) and role in inner.kinds


def is_known(value: Value) -> bool:
    """Whether the program shows where an object is made."""
    return isinstance(value, Library | Instance) and value.place is not None


def has_state(optimizer: Value) -> bool:
    """Whether an optimizer remembers something from step to step; plain gradient descent doesn't."""
    return not (
        isinstance(optimizer, Library) and optimizer.short == "SGD" and optimizer.constant("momentum") in (0, None)
    )


@once
def optimizers(training: Training) -> Sequence[Value]:
    """What steps in a training, on the default path."""
    return distinct(
        plain(option) for step in training.steps if not step.offered for option in options_of(step.optimizer)
    )


def given(thing: Value) -> Iterator[Value]:
    """The objects that something was made from."""
    values = (
        thing.arguments.values() if isinstance(thing, Library) else thing.given if isinstance(thing, Instance) else ()
    )
    for value in values:
        yield from parts(value)


def steered(scheduler: Value) -> list[Value]:
    """The optimizers whose rate a scheduler sets, also by way of the schedulers in it; empty where that isn't known."""
    found: list[Value] = []
    queue, seen = [scheduler], [scheduler]
    while queue:
        for part in given(queue.pop()):
            if is_optimizer(part):
                found.append(part)
            elif is_scheduler(part) and not any(part is other for other in seen):
                queue.append(part)
                seen.append(part)
    return distinct(found)


@once
def made_schedulers(run: Run) -> Sequence[Made]:
    return [made for made in run.of(Made) if made.role == "scheduler"]


def changes_rate(event: Event, training: Training) -> bool:
    """Whether an event changes, or may change, the learning rate of a training."""
    if not isinstance(event, CHANGING):
        return False
    own = optimizers(training)
    if isinstance(event, RateWritten):
        return event.inside(training.loop) if event.optimizer is None else _among(plain(event.optimizer), own)
    if isinstance(event, SchedulerStep):
        return _may_steer(plain(event.scheduler), own)
    if isinstance(event, Made):
        if event.role == "scheduler":
            return _may_steer(event.thing, own)
        # A new optimizer in the course of the training brings a rate of its own, as may the project's own on offer.
        own_on_offer = event.offered and isinstance(plain(event.thing), Instance)
        anew = event.inside(training.loop) and not _is_of_a_round(event, training)
        return event.role == "optimizer" and (own_on_offer or anew)
    assert isinstance(event, Escaped)
    return any(_among(plain(value), own) or is_scheduler(value) for value in event.values)


def _is_of_a_round(made: Made, training: Training) -> bool:
    """Whether an optimizer is one of those that each round of federated training makes for its copies, all with one rate."""
    rate = made.thing.arguments.get("lr") if isinstance(made.thing, Library) else None
    same = rate is None or isinstance(rate, Constant)
    return same and training.loop in rounds_of_copies(training.run)


def _may_steer(scheduler: Value, own: Sequence[Value]) -> bool:
    known = steered(scheduler)
    # Optimizers of the project's own (SAM, Lookahead) hold another one, which may be the one that is steered.
    wraps = any(isinstance(optimizer, Instance) for optimizer in [*known, *own])
    return not known or wraps or any(_among(optimizer, own) for optimizer in known)


def _among(value: Value, others: Sequence[Value]) -> bool:
    return any(value is other for other in others)


def first_step(run: Run, scheduler: Value) -> OptimizerStep | None:
    """The first step of the optimizer that a scheduler steers, or of one that may be it."""
    known = steered(scheduler)
    for step in run.of(OptimizerStep):
        stepping = [plain(option) for option in options_of(step.optimizer)]
        if not stepping or not known or any(_among(option, known) or not is_known(option) for option in stepping):
            return step
    return None


def is_torch_like(scheduler: Value) -> bool:
    if isinstance(scheduler, Library):
        return scheduler.dotted.startswith(TORCH_LIKE) and scheduler.place is not None
    return isinstance(scheduler, Instance) and scheduler.place is not None


# Schedules that set a rate, or multiply by a function that may be the rate itself, rather than shrink the one given.
_SETTING = frozenset({"LambdaLR", "OneCycleLR", "CyclicLR", "MultiplicativeLR"})


def sets_rate(run: Run, optimizer: Value) -> bool:
    """Whether the learning rate that an optimizer was made with is, or may be, replaced by another before it counts."""
    for made in made_schedulers(run):
        scheduler = plain(made.thing)
        if _may_steer(scheduler, [optimizer]) and getattr(scheduler, "short", None) in _SETTING:
            return True
        if not isinstance(scheduler, Library) and _may_steer(scheduler, [optimizer]):
            return True
    written = (event.optimizer for event in run.of(RateWritten))
    return any(other is None or other is optimizer for other in written)
