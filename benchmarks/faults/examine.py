"""What a user of the companion would run on any training: the checks before, the monitor during."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import torch

from trainlint.findings import Level
from trainlint.runtime import (
    Report,
    TrainingMonitor,
    check_gradients,
    check_model,
    check_splits,
)

from .recipe import Setup, train
from .registry import Build

CHECKED = 8
"""Samples on which gradients are checked."""


def examine(build: Build, seed: int, width: int) -> list[str]:
    """Names of all errors and warnings, in the order in which a user would read them."""
    torch.manual_seed(seed)
    names = before_training(build(seed, width))
    names += during_training(build(seed, width))
    return list(dict.fromkeys(names))


def before_training(setup: Setup) -> list[str]:
    """The checks that fit any network; those of initial loss and overfitting are for classifiers from scratch."""
    names: list[str] = []
    for check in _checks(setup):
        try:
            names += [part.cause or part.name for part in check().findings]
        except RuntimeError:
            names.append("training-step-raises")  # what torch says then is for the user to read
    return names


def _checks(setup: Setup) -> Iterator[Callable[[], Report]]:
    parts = {"training": setup.train.dataset, "validation": setup.validation.dataset}
    yield lambda: check_splits(parts)
    inputs, targets = next(iter(setup.train))
    if len(inputs) < 2:  # loaders of single samples: some are put together
        rows = [setup.train.dataset[index] for index in range(16)]
        inputs, targets = (torch.stack([torch.as_tensor(row[column]) for row in rows]) for column in (0, 1))
    model, loss = setup.model, setup.compare
    yield lambda: check_model(model, inputs, targets, loss)
    yield lambda: check_gradients(model, inputs[:CHECKED], targets[:CHECKED], loss)


def during_training(setup: Setup) -> list[str]:
    """The monitored training."""
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
