from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch import nn
from torch.optim import lr_scheduler

from trainlint.runtime import LearningRateMonitor

Make = Callable[[torch.optim.Optimizer], Any]


def watch(
    make: Make, cadence: str, epochs: int = 10, per_epoch: int = 10, rate: float = 0.1, known: bool = True
) -> list[str]:
    optimizer = torch.optim.SGD(nn.Linear(2, 2).parameters(), lr=rate)
    scheduler = make(optimizer)
    monitor = LearningRateMonitor(optimizer, scheduler if known else None)
    for epoch in range(epochs):
        for batch in range(per_epoch):
            optimizer.step()
            monitor.observe(epoch * per_epoch + batch)
            if cadence == "batch":
                scheduler.step()
        monitor.evaluated()
        if cadence == "epoch":
            scheduler.step()
    return [finding.name for finding in monitor.findings()]


HEALTHY: dict[str, tuple[Make, str]] = {
    "step": (lambda o: lr_scheduler.StepLR(o, 3, 0.1), "epoch"),
    "cosine to zero": (lambda o: lr_scheduler.CosineAnnealingLR(o, 10), "epoch"),
    "cosine by batches": (lambda o: lr_scheduler.CosineAnnealingLR(o, 100), "batch"),
    "one cycle": (lambda o: lr_scheduler.OneCycleLR(o, 0.1, total_steps=101), "batch"),
    "warm-up": (lambda o: lr_scheduler.LinearLR(o, 0.001, total_iters=50), "batch"),
    "exponential in batches, gently": (lambda o: lr_scheduler.ExponentialLR(o, 0.97), "batch"),
    "constant": (lambda o: lr_scheduler.ConstantLR(o, 1.0), "epoch"),
}


@pytest.mark.parametrize("name", HEALTHY)
def test_schedules_that_fit(name: str) -> None:
    make, cadence = HEALTHY[name]
    assert watch(make, cadence) == []
    assert watch(make, cadence, known=False) == []


def test_an_epoch_schedule_in_every_batch() -> None:
    def make(optimizer: torch.optim.Optimizer) -> Any:
        return lr_scheduler.ExponentialLR(optimizer, 0.8)

    assert watch(make, "batch") == ["scheduler-cadence"]
    assert watch(make, "batch", known=False) == ["scheduler-cadence"]
    assert watch(make, "epoch") == []


def test_a_batch_schedule_once_an_epoch() -> None:
    assert watch(lambda o: lr_scheduler.OneCycleLR(o, 0.1, total_steps=101), "epoch") == ["scheduler-cadence"]


def test_a_scheduler_that_is_never_stepped() -> None:
    assert watch(lambda o: lr_scheduler.StepLR(o, 3), "never") == ["scheduler-never-stepped"]


def test_a_cooldown_that_ends_the_training_early() -> None:
    assert watch(lambda o: lr_scheduler.MultiStepLR(o, [1, 2, 3], gamma=0.05), "epoch") == ["cooldown-too-fast"]


def test_a_rate_of_zero() -> None:
    assert watch(lambda o: lr_scheduler.StepLR(o, 3), "epoch", rate=0.0) == ["learning-rate-out-of-range"]


def test_a_rate_in_a_tensor_is_read() -> None:
    optimizer = torch.optim.Adam(nn.Linear(2, 2).parameters(), lr=torch.tensor(0.01))
    monitor = LearningRateMonitor(optimizer)
    monitor.observe(0)
    assert monitor.curve.values == [pytest.approx(0.01)]
