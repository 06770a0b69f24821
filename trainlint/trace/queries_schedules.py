"""Which optimizer trains, what changes its learning rate, and how often a schedule moves on."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from trainlint.trace.anatomy import plain
from trainlint.trace.events import Escaped, Event, Guard, Made, OptimizerStep, RateWritten, SchedulerStep
from trainlint.trace.merge import distinct, elements_of, options_of
from trainlint.trace.once import once
from trainlint.trace.values import (
    ABSENT,
    Choice,
    Constant,
    Data,
    DictValue,
    Instance,
    Library,
    ListValue,
    TupleValue,
    Value,
)
from trainlint.trace.view import Run, Training

# Schedules whose `step()` without an argument moves on by one, as torch's do.
TORCH_LIKE = ("torch.optim.", "transformers.", "diffusers.")
# Where neither the length of the run nor that of an epoch is known: constants up to this count epochs.
USUAL_EPOCHS = 300
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


def parts(value: Value | None, depth: int = 0) -> Iterator[Value]:
    """An object, or the objects in a container or choice."""
    if value is None or depth > 4:
        return
    if not isinstance(value, TupleValue | ListValue | DictValue | Choice):
        yield plain(value)
    for part in elements_of(value):
        yield from parts(part, depth + 1)


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
        # A new optimizer in the course of the training brings a rate of its own.
        return event.role == "optimizer" and event.inside(training.loop)
    assert isinstance(event, Escaped)
    return any(_among(plain(value), own) or is_scheduler(value) for value in event.values)


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


# Conditions


def doubtful(event: Event, beside: Iterable[Event]) -> bool:
    """Whether an event stands under a condition that may fail, and under which none of the events beside it stands."""
    open_guards = [guard for guard in event.guards if not _settled(guard, event)]
    if not open_guards:
        return False
    shared = {(guard.place, guard.side) for other in beside for guard in other.guards}
    return any((guard.place, guard.side) not in shared for guard in open_guards)


def _settled(guard: Guard, event: Event) -> bool:
    # `if scheduler is not None` asks for what is there.
    return isinstance(guard.test, Constant) or guard.text.endswith(" is not None") or _names_scheduler(guard, event)


def _names_scheduler(guard: Guard, event: Event) -> bool:
    if not isinstance(event, SchedulerStep):
        return False
    return guard.text.rpartition(".")[2] == plain(event.scheduler).name


# Cadence


def cadence(step: SchedulerStep, training: Training) -> str | None:
    """How often a schedule moves on: once a ``batch`` or once an ``epoch``; None where that isn't certain."""
    if training.batch_loop is training.loop:
        return None
    place = training.batch_loop.place
    if any(frame.loop.place == place for frame in step.frames):
        inner = [event for event in training.events if any(frame.loop.place == place for frame in event.frames)]
        return None if doubtful(step, [_least_guarded(inner), *training.steps]) else "batch"
    loops = [frame.loop for frame in step.frames if not frame.loop.unrolled]
    return "epoch" if loops and loops[-1].place == training.loop.place and not doubtful(step, training.events) else None


def _least_guarded(events: list[Event]) -> Event:
    return min(events, key=lambda event: len(event.guards))


def unit(scheduler: Library, epochs: int | None) -> str | None:
    """What the constants of a schedule count: ``epoch`` or ``batch``; None where they don't say.

    ``epochs`` is the length of the run in epochs, if known.
    """
    ask = _UNITS.get(scheduler.short)
    if ask is not None:
        return ask(scheduler, epochs)
    if scheduler.trait("cadence") == "batch" and scheduler.trait("horizon"):
        return _length(scheduler.arguments.get(str(scheduler.trait("horizon"))), epochs)
    return None


def _length(value: Value | None, epochs: int | None) -> str | None:
    """The unit of a length: that of the run in epochs, or something computed from how many batches there are."""
    if isinstance(value, Data) and value.origin == "length":
        return "batch"
    if isinstance(value, Constant) and isinstance(value.value, int | float) and epochs is not None:
        return "epoch" if value.value == epochs else None
    return None


def _within(number: object, epochs: int | None) -> str | None:
    if not isinstance(number, int | float):
        return None
    if epochs is None:
        return "epoch" if number <= USUAL_EPOCHS else None
    # What lies a little beyond the run's end may count the epochs of a longer one.
    return "epoch" if number <= epochs else "batch" if number > USUAL_EPOCHS else None


def _step_unit(scheduler: Library, epochs: int | None) -> str | None:
    return _length(scheduler.arguments.get("step_size"), None) or _within(scheduler.constant("step_size"), epochs)


def _milestone_unit(scheduler: Library, epochs: int | None) -> str | None:
    milestones = list(parts(scheduler.arguments.get("milestones")))
    numbers = [m.value for m in milestones if isinstance(m, Constant) and isinstance(m.value, int | float)]
    if not numbers or len(numbers) != len(milestones) or {_within(number, epochs) for number in numbers} > {"batch"}:
        return None
    return _within(max(numbers), epochs)


def _exponential_unit(scheduler: Library, epochs: int | None) -> str | None:
    # 0.99 a batch is a thousandth after 700 batches; 0.999 an epoch is next to nothing.
    gamma = scheduler.constant("gamma")
    if not isinstance(gamma, int | float):
        return None
    return "epoch" if gamma < 0.99 else "batch" if gamma >= 0.9995 else None


def _plateau_unit(scheduler: Library, epochs: int | None) -> str | None:
    patience = scheduler.constant("patience")
    return "epoch" if isinstance(patience, int | float) and patience < 100 else None


def _cosine_unit(scheduler: Library, epochs: int | None) -> str | None:
    return _length(scheduler.arguments.get("T_max"), epochs)


def _one_cycle_unit(scheduler: Library, epochs: int | None) -> str | None:
    per_epoch = scheduler.arguments.get("steps_per_epoch")
    if isinstance(per_epoch, Constant) and isinstance(per_epoch.value, int):
        return "epoch" if per_epoch.value == 1 else "batch"
    if per_epoch is not None:
        return "batch"
    total = scheduler.constant("total_steps")
    if isinstance(total, int | float) and epochs is not None and total > 2 * epochs:
        return "batch"
    return _length(scheduler.arguments.get("total_steps"), epochs)


def _cyclic_unit(scheduler: Library, epochs: int | None) -> str | None:
    if _length(scheduler.arguments.get("step_size_up"), None):
        return "batch"
    size = scheduler.constant("step_size_up")
    return "batch" if size is not ABSENT and _within(size, epochs) != "epoch" else None


_UNITS = {
    "StepLR": _step_unit,
    "MultiStepLR": _milestone_unit,
    "ExponentialLR": _exponential_unit,
    "ReduceLROnPlateau": _plateau_unit,
    "CosineAnnealingLR": _cosine_unit,
    "OneCycleLR": _one_cycle_unit,
    "CyclicLR": _cyclic_unit,
}


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
