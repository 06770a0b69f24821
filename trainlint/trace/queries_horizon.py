"""How long a schedule is, by its constants, and how long the training is that it steps in."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from trainlint.trace.events import LoopKind, SchedulerStep
from trainlint.trace.queries_schedules import cadence, doubtful, made_schedulers, parts, plain, steered, unit
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


@dataclass(frozen=True, slots=True)
class Mismatch:
    """A schedule whose ``parameter`` is ``length`` (the last milestone out of reach) in a training of ``rounds`` rounds."""

    training: Training
    scheduler: Library
    parameter: str
    length: int
    rounds: int


def mismatches(training: Training) -> Iterator[Mismatch]:
    """The schedules that move on once a round of the loop and are shorter or longer than it, one for each place."""
    rounds = training.loop.rounds
    if rounds is None or rounds < 2 or training.loop.kind is LoopKind.FRAMEWORK:
        return
    seen: set[int] = set()
    for step in training.of(SchedulerStep):
        scheduler = plain(step.scheduler)
        if step.offered or not isinstance(scheduler, Library) or scheduler.place is None or id(scheduler) in seen:
            continue
        if not scheduler.dotted.startswith("torch.optim.lr_scheduler."):
            continue
        seen.add(id(scheduler))
        found = _length(scheduler, step, training)
        if found is not None and not _fits(scheduler, *found, rounds) and _is_alone(scheduler, training):
            yield Mismatch(training, scheduler, *found, rounds)


def _length(scheduler: Library, step: SchedulerStep, training: Training) -> tuple[str, int] | None:
    """The parameter that says how long a schedule is in rounds of the loop, and what it says."""
    if scheduler.short == "OneCycleLR" and scheduler.arguments.get("epochs") is not None:
        return _whole(scheduler, "epochs") if cadence(step, training) == "batch" else None
    if not _each_round(step, training):
        return None
    if scheduler.short == "MultiStepLR":
        values = list(parts(scheduler.arguments.get("milestones")))
        numbers = [value.value for value in values if isinstance(value, Constant) and isinstance(value.value, int)]
        by_batch = unit(scheduler, training.loop.rounds) == "batch"
        return ("milestones", max(numbers)) if numbers and len(numbers) == len(values) and not by_batch else None
    if scheduler.short == "LinearLR" and not _falls(scheduler):
        return None
    parameter = _LENGTHS.get(scheduler.short)
    return _whole(scheduler, parameter) if parameter is not None else None


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
