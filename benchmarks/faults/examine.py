"""What a user of the companion would run on any training: the checks before, the monitor during."""

from __future__ import annotations

import torch

from trainlint.findings import Level
from trainlint.runtime.monitor.training import TrainingMonitor

from .recipe import Setup, train
from .registry import Build


def examine(build: Build, seed: int, width: int) -> list[str]:
    """Names of all errors and warnings, in the order in which a user would read them."""
    torch.manual_seed(seed)
    names = before_training(build(seed, width))
    names += during_training(build(seed, width))
    return list(dict.fromkeys(names))


def before_training(setup: Setup) -> list[str]:
    """The pre-flight checks."""
    return []


def during_training(setup: Setup) -> list[str]:
    """The monitored run."""
    monitor = TrainingMonitor(
        setup.model,
        setup.optimizer,
        criterion=setup.criterion,
        scheduler=setup.scheduler,
        scaler=setup.scaler,
        initial_loss=setup.initial_loss,
    )
    with monitor:
        train(setup, monitor)
    return [finding.name for finding in monitor.findings() if finding.level is not Level.ADVICE]
