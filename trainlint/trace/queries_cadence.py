"""How often a schedule moves on, and what its constants count."""

from __future__ import annotations

from collections.abc import Iterable

from trainlint.trace.anatomy import parts, plain
from trainlint.trace.events import Event, Guard, SchedulerStep
from trainlint.trace.values import ABSENT, Constant, Data, Library, Value
from trainlint.trace.view import Training

# Where neither the length of the run nor that of an epoch is known: constants up to this count epochs.
USUAL_EPOCHS = 300


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
