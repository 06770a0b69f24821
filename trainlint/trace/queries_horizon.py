"""How long a schedule is, by its constants, and how fast it falls, beside the length of the training that it steps in."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from trainlint.trace.anatomy import parts, plain
from trainlint.trace.events import LoopKind, SchedulerStep
from trainlint.trace.queries_cadence import cadence, doubtful, unit
from trainlint.trace.queries_schedules import made_schedulers, steered
from trainlint.trace.values import Constant, Library
from trainlint.trace.view import Training

# Lengths that differ by one count from 0 and 1; by a few per cent, a warm-up or the like is left out.
SLACK = 0.05
# Which parameter of a schedule of PyTorch's own says its length in steps.
_LENGTHS = {
    "CosineAnnealingLR": "T_max",
    "PolynomialLR": "total_iters",
    "LinearLR": "total_iters",
    "OneCycleLR": "total_steps",
}


class Mismatch(msgspec.Struct, frozen=True):
    """A schedule whose ``parameter`` is ``length`` (the last milestone out of reach) in a training of ``rounds`` rounds."""

    training: Training
    scheduler: Library
    parameter: str
    length: int
    rounds: int


def mismatches(training: Training) -> Iterator[Mismatch]:
    """The schedules that move on once a round of the loop and are shorter or longer than it, one for each place."""
    for step, scheduler, rounds in _schedules(training):
        found = _length(scheduler, step, training)
        if found is not None and not _fits(scheduler, *found, rounds) and _is_alone(scheduler, training):
            yield Mismatch(training, scheduler, *found, rounds)


def _schedules(training: Training) -> Iterator[tuple[SchedulerStep, Library, int]]:
    """PyTorch's own schedules that step in a loop of known length, each with its first step there and that length."""
    rounds = training.loop.rounds
    if rounds is None or rounds < 2 or training.loop.kind is LoopKind.FRAMEWORK:
        return
    seen: set[int] = set()
    for step in training.of(SchedulerStep):
        scheduler = plain(step.scheduler)
        if step.offered or not isinstance(scheduler, Library) or scheduler.place is None or id(scheduler) in seen:
            continue
        if scheduler.dotted.startswith("torch.optim.lr_scheduler."):
            seen.add(id(scheduler))
            yield step, scheduler, rounds


def _length(scheduler: Library, step: SchedulerStep, training: Training) -> tuple[str, int] | None:
    """The parameter that says how long a schedule is in rounds of the loop, and what it says."""
    if scheduler.short == "OneCycleLR" and scheduler.arguments.get("epochs") is not None:
        return _whole(scheduler, "epochs") if cadence(step, training) == "batch" else None
    if not _each_round(step, training):
        return None
    if scheduler.short == "MultiStepLR":
        numbers = _milestones(scheduler)
        by_batch = unit(scheduler, training.loop.rounds) == "batch"
        return ("milestones", max(numbers)) if numbers and not by_batch else None
    if scheduler.short == "LinearLR" and not _falls(scheduler):
        return None
    parameter = _LENGTHS.get(scheduler.short)
    return _whole(scheduler, parameter) if parameter is not None else None


def _milestones(scheduler: Library) -> list[int]:
    """The milestones, where all of them are known."""
    values = list(parts(scheduler.arguments.get("milestones")))
    numbers = [value.value for value in values if isinstance(value, Constant) and isinstance(value.value, int)]
    return numbers if len(numbers) == len(values) else []


def _whole(scheduler: Library, parameter: str) -> tuple[str, int] | None:
    length = scheduler.constant(parameter)
    return (parameter, length) if isinstance(length, int) and not isinstance(length, bool) and length > 0 else None


def _falls(scheduler: Library) -> bool:
    """Whether it leads down: those that lead up warm up, and are short on purpose."""
    start, end = scheduler.constant("start_factor"), scheduler.constant("end_factor")
    return isinstance(start, int | float) and isinstance(end, int | float) and end < start


def _each_round(step: SchedulerStep, training: Training) -> bool:
    loops = [frame.loop for frame in step.frames if not frame.loop.unrolled]
    return bool(loops) and loops[-1].place == training.loop.place and not doubtful(step, training.events)


def _fits(scheduler: Library, parameter: str, length: int, rounds: int) -> bool:
    if parameter == "milestones":
        return length <= rounds
    if abs(length - rounds) <= max(1, SLACK * rounds):
        return True
    # Cosines that come down at the run's end after several rises are a schedule of cycles.
    return scheduler.short == "CosineAnnealingLR" and rounds % length == 0 and rounds // length % 2 == 1


def _is_alone(scheduler: Library, training: Training) -> bool:
    """Whether no other schedule leads the same optimizer before or after it, and it steps nowhere else."""
    steps = (step for step in training.run.of(SchedulerStep) if plain(step.scheduler) is scheduler)
    if not all(any(frame.loop.place == training.loop.place for frame in step.frames) for step in steps):
        return False
    own = steered(scheduler)
    others = [made for made in made_schedulers(training.run) if made.thing is not scheduler and not made.offered]
    return not any(
        made.place != scheduler.place and any(optimizer is mine for optimizer in steered(made.thing) for mine in own)
        for made in others
    )


# A rate below a thousandth of its start trains no more; before half of the run that is too early
# (as in `trainlint.runtime.check_schedule`).
GONE = 1e-3


class Cooldown(msgspec.Struct, frozen=True):
    """A schedule that has shrunk the rate to ``factor`` of its start after ``after`` of ``rounds`` rounds, or earlier."""

    training: Training
    scheduler: Library
    factor: float
    after: int
    rounds: int


def fast_cooldowns(training: Training) -> Iterator[Cooldown]:
    """The schedules that step once a round and shrink the rate to nothing before half of the rounds are over."""
    for step, scheduler, rounds in _schedules(training):
        if scheduler.short not in ("StepLR", "MultiStepLR", "ExponentialLR") or not _each_round(step, training):
            continue
        early = (number for number in range(1, (rounds + 1) // 2) if _factor(scheduler, number) < GONE)
        after = next(early, None)
        if after is not None and _is_alone(scheduler, training):
            yield Cooldown(training, scheduler, _factor(scheduler, after), after, rounds)


def _factor(scheduler: Library, rounds: int) -> float:
    """What is left of the rate after so many steps of the schedule; 1 where that isn't known."""
    gamma = scheduler.constant("gamma")
    if not isinstance(gamma, int | float) or isinstance(gamma, bool) or not 0 < gamma < 1:
        return 1.0
    if scheduler.short == "ExponentialLR":
        return float(gamma**rounds)
    if scheduler.short == "MultiStepLR":
        return float(gamma ** sum(milestone <= rounds for milestone in _milestones(scheduler)))
    found = _whole(scheduler, "step_size")
    return float(gamma ** (rounds // found[1])) if found is not None else 1.0
