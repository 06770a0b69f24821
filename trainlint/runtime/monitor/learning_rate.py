"""What the learning rate does over the run, and whether its scheduler is stepped as it is meant to be."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import torch
from torch.optim import Optimizer

from trainlint.findings import Level

from ..findings import RuntimeFinding
from .series import Series

COOLDOWN = 1e-3
"""A rate below a thousandth of its peak before half of the run is over has been annealed too fast (P29)."""

EPOCH_SCHEDULERS = ("StepLR", "MultiStepLR", "ExponentialLR", "ReduceLROnPlateau")
"""Schedules that torch documents with one step an epoch."""

BATCH_SCHEDULERS = ("OneCycleLR", "CyclicLR")
"""Schedules that torch documents with one step a batch."""

LEAST_STEPS = 20
LEAST_EPOCHS = 3


class LearningRateMonitor:
    """Watches the rate of the first parameter group, one value a step, and the evaluations as marks of the epochs."""

    def __init__(self, optimizer: Optimizer, scheduler: Any = None) -> None:
        self._optimizer = optimizer
        self._scheduler = scheduler
        self._scheduler_start = _steps_of(scheduler)
        self._seen: object = None
        self._unchanged: int | None = None
        self._curve = Series()
        self.peak = 0.0
        self.first: float | None = None
        self.last = 0.0
        self.steps = 0
        self.epochs = 0
        self._collapse_step: int | None = None
        self._changes = 0
        self._shrinks = 0

    @property
    def curve(self) -> Series:
        """The rate over the steps: the points where it changed, and the last."""
        if self._unchanged is not None:
            self._curve.append(self._unchanged, self.last)
            self._unchanged = None
        return self._curve

    def observe(self, step: int) -> None:
        """Take in the rate that this step used."""
        value = self._optimizer.param_groups[0]["lr"]
        self.steps += 1
        if value is self._seen and isinstance(value, float):
            self._unchanged = step  # the usual case costs nothing; the curve is filled in when it moves on
            return
        if self._unchanged is not None:
            self._curve.append(self._unchanged, self.last)
        self._seen, self._unchanged = value, None
        rate = float(value)
        self._changes += self.first is not None and rate != self.last
        self._shrinks += self.first is not None and rate < self.last
        self.first = rate if self.first is None else self.first
        self.last = rate
        self._curve.append(step, rate)
        if rate > self.peak:
            self.peak, self._collapse_step = rate, None
        elif rate < COOLDOWN * self.peak and self._collapse_step is None:
            self._collapse_step = step

    def evaluated(self) -> None:
        """Note the end of an epoch."""
        self.epochs += 1

    def findings(self) -> Iterator[RuntimeFinding]:
        """Verdicts on the run so far; those about its first half assume that it is over."""
        if self.steps < LEAST_STEPS:
            return
        if self.peak <= 0:
            yield RuntimeFinding(
                "learning-rate-out-of-range",
                Level.ERROR,
                f"the learning rate was {self.last:g} in all {self.steps} steps",
                "set a rate above zero; a warm-up that starts at zero must be stepped",
                code="TL709",
                step=self.steps - 1,
            )
            return
        cadence = self._cadence()
        if cadence is not None:
            yield cadence
        elif self._cooled_too_fast():
            yield RuntimeFinding(
                "cooldown-too-fast",
                Level.WARNING,
                f"at step {self._collapse_step} of {self.steps} the rate is a thousandth of its peak {self.peak:.2g}",
                "anneal more slowly, or train no longer than the schedule",
                code="TL710",
                step=self._collapse_step,
                evidence={"peak": self.peak, "last": self.last},
            )

    def _cooled_too_fast(self) -> bool:
        return self._collapse_step is not None and self._collapse_step < self.steps / 2

    def _cadence(self) -> RuntimeFinding | None:
        per_epoch = self.epochs >= LEAST_EPOCHS and self.steps >= 2 * self.epochs
        kind = type(self._scheduler).__name__
        made = _steps_of(self._scheduler) - self._scheduler_start
        if self._scheduler is not None and made == 0 and self.epochs >= LEAST_EPOCHS:
            return RuntimeFinding(
                "scheduler-never-stepped",
                Level.ERROR,
                f"{kind} was never stepped in {self.steps} steps and {self.epochs} epochs",
                "call scheduler.step() once an epoch, or once a batch for schedules that count batches",
                code="TL703",
                step=self.steps - 1,
            )
        known = self._scheduler is None or kind in EPOCH_SCHEDULERS
        geometric = self._shrinks >= 0.9 * (self.steps - 1)  # an exponential decay that moves in every step
        each_step = made >= 0.9 * self.steps if self._scheduler is not None else geometric
        if per_epoch and known and each_step and self._cooled_too_fast():
            return self._wrong_cadence(f"{kind if self._scheduler else 'the rate'} is stepped every batch", "epoch")
        rare = made <= 1.5 * self.epochs and made < 0.5 * self.steps
        if per_epoch and kind in BATCH_SCHEDULERS and rare and _length(self._scheduler) > 2 * made:
            return self._wrong_cadence(f"{kind} is stepped once an epoch", "batch")
        return None

    def _wrong_cadence(self, what: str, right: str) -> RuntimeFinding:
        return RuntimeFinding(
            "scheduler-cadence",
            Level.ERROR,
            f"{what}: the rate went from {self.first:.2g} to {self.last:.2g} in {self.steps} steps",
            f"step it once {'an' if right == 'epoch' else 'a'} {right}",
            code="TL705",
            step=self._collapse_step if self._collapse_step is not None else self.steps - 1,
            evidence={"first": self.first, "peak": self.peak, "last": self.last, "epochs": self.epochs},
        )


def _steps_of(scheduler: Any) -> int:
    count = getattr(scheduler, "last_epoch", 0)
    return int(count) if isinstance(count, (int, float, torch.Tensor)) else 0


def _length(scheduler: Any) -> int:
    total = getattr(scheduler, "total_steps", None)
    up, down = getattr(scheduler, "step_size_up", None), getattr(scheduler, "step_size_down", None)
    if isinstance(total, int):
        return total
    sizes = [size for size in (getattr(scheduler, "total_size", None), up, down) if isinstance(size, (int, float))]
    return int(sizes[0]) if sizes else 0
