"""How long a schedule believes the run to be, and whether it is."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from torch.optim.lr_scheduler import (
    CosineAnnealingLR,
    ExponentialLR,
    LinearLR,
    MultiStepLR,
    OneCycleLR,
    PolynomialLR,
    SequentialLR,
    StepLR,
)

from trainlint.runtime.report import Part, Verdict

# A horizon fits where it is off by no more than this share, or by one step.
SLACK = 0.05


@dataclass(frozen=True)
class Horizon:
    """A length, in calls of ``step()``, that a schedule was built for, and the words for it."""

    steps: int
    words: str


@dataclass(frozen=True)
class Run:
    """How long the training is, and how often it steps its schedule."""

    epochs: int
    steps_per_epoch: int
    per_batch: bool

    @property
    def steps(self) -> int:
        """The number of calls of ``step()``."""
        return self.epochs * self.steps_per_epoch if self.per_batch else self.epochs


def horizons(scheduler: Any, offset: int = 0) -> Iterator[Horizon]:
    """The lengths that a scheduler and those inside it have been told."""
    if isinstance(scheduler, SequentialLR):
        starts = [0, *scheduler._milestones]
        for start, inner in zip(starts, scheduler._schedulers, strict=True):
            yield from horizons(inner, offset + start)
    elif isinstance(scheduler, CosineAnnealingLR):
        yield Horizon(offset + int(scheduler.T_max), f"T_max={scheduler.T_max}")
    elif isinstance(scheduler, OneCycleLR):
        yield Horizon(offset + int(scheduler.total_steps), f"total_steps={scheduler.total_steps}")
    elif isinstance(scheduler, PolynomialLR) or _falls(scheduler):
        yield Horizon(offset + int(scheduler.total_iters), f"total_iters={scheduler.total_iters}")


def _falls(scheduler: Any) -> bool:
    return isinstance(scheduler, LinearLR) and scheduler.end_factor < scheduler.start_factor


def check_cadence(scheduler: Any, run: Run) -> Part | None:
    """A schedule built for epochs and stepped by batches, or the other way round; ``None`` where there is none."""
    if run.steps_per_epoch == 1:
        return None
    batches = run.epochs * run.steps_per_epoch
    for horizon in horizons(scheduler):
        if run.per_batch and _fits(horizon.steps, run.epochs):
            return _cadence(f"{horizon.words} counts the {run.epochs} epochs, but it is stepped every batch", "epoch")
        if not run.per_batch and _fits(horizon.steps, batches):
            return _cadence(f"{horizon.words} counts the {batches} batches, but it is stepped once an epoch", "batch")
    if run.per_batch and isinstance(scheduler, (StepLR, MultiStepLR)):
        last = scheduler.step_size if isinstance(scheduler, StepLR) else max(scheduler.milestones, default=batches)
        if last <= run.epochs:
            name = f"step_size={last}" if isinstance(scheduler, StepLR) else f"the last milestone {last}"
            return _cadence(f"{name} fits the {run.epochs} epochs, but it is stepped every batch", "epoch")
    if run.per_batch and isinstance(scheduler, ExponentialLR):
        shrinks = scheduler.gamma**batches < 1e-6 <= scheduler.gamma**run.epochs
        if shrinks:
            return _cadence(f"gamma={scheduler.gamma} fits epochs, but it is applied every batch", "epoch")
    return None


def check_horizon(scheduler: Any, run: Run, error: str | None, reached: int) -> Part:
    """Whether the schedule's own length is that of the run."""
    if error is not None:
        return _mismatch(f"the schedule refuses step {reached + 1} of {run.steps}: {error}", Verdict.FAIL)
    known = list(horizons(scheduler))
    for horizon in known:
        if _fits(horizon.steps, run.steps):
            continue
        if horizon.steps < run.steps:
            what = "rises again after its end" if isinstance(scheduler, CosineAnnealingLR) else "stands at its end"
            return _mismatch(
                f"{horizon.words} is over after {horizon.steps} of {run.steps} steps: then the rate {what}"
            )
        return _mismatch(f"{horizon.words} needs {horizon.steps} steps, the run has {run.steps}: its end is never met")
    late = [int(milestone) for milestone in _milestones(scheduler) if milestone >= run.steps]
    if late:
        return _mismatch(f"milestones {', '.join(map(str, late))} lie beyond the run's {run.steps} steps")
    if not known:
        return Part("horizon", Verdict.SKIP, "the schedule has no length of its own")
    return Part("horizon", Verdict.PASS, f"the schedule is as long as the run, {run.steps} steps")


def _milestones(scheduler: Any) -> list[int]:
    return sorted(scheduler.milestones) if isinstance(scheduler, MultiStepLR) else []


def _fits(length: int, steps: int) -> bool:
    return abs(length - steps) <= max(1, SLACK * steps)


def _cadence(message: str, unit: str) -> Part:
    return Part(
        "cadence",
        Verdict.FAIL,
        message,
        f"call scheduler.step() once {'an epoch, after its batches' if unit == 'epoch' else 'a batch'}, or give it "
        f"its lengths in {'batches' if unit == 'epoch' else 'epochs'}",
        cause="scheduler-cadence",
        code="TL705",
    )


def _mismatch(message: str, verdict: Verdict = Verdict.WARN) -> Part:
    advice = "compute the schedule's length from the run's own constants"
    return Part("horizon", verdict, message, advice, cause="schedule-horizon-mismatch", code="TL714")
