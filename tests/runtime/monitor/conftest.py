"""A small problem, a loop over it, and the monitor around both."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from trainlint.runtime import TrainingMonitor


@pytest.fixture(autouse=True)
def one_thread_and_a_seed() -> Iterator[None]:
    """Small tensors gain nothing from threads; every test starts at one seed."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    torch.manual_seed(0)
    yield
    torch.set_num_threads(threads)


class Problem:
    """Ten classes that a linear map of 20 features decides, in batches of 32, and a network for it."""

    def __init__(self) -> None:
        self.inputs = torch.randn(320, 20)
        self.targets = (self.inputs @ torch.randn(20, 5)).argmax(1)
        self.model: nn.Module = nn.Sequential(nn.Linear(20, 32), nn.ReLU(), nn.Linear(32, 5))
        self.criterion: nn.Module = nn.CrossEntropyLoss()
        self.optimizer: torch.optim.Optimizer = torch.optim.SGD(self.model.parameters(), lr=0.1, momentum=0.9)

    def batches(self) -> Iterator[tuple[Tensor, Tensor]]:
        """One epoch, in an order that torch's generator draws."""
        for rows in torch.randperm(len(self.inputs)).split(32):
            yield self.inputs[rows], self.targets[rows]

    def step(self, inputs: Tensor, targets: Tensor) -> Tensor:
        """The usual step."""
        self.optimizer.zero_grad()
        loss: Tensor = self.criterion(self.model(inputs), targets)
        loss.backward()  # type: ignore[no-untyped-call]
        self.optimizer.step()
        return loss

    def train(
        self, monitor: TrainingMonitor, epochs: int, step: Callable[[Tensor, Tensor], Tensor] | None = None
    ) -> None:
        """Train with an evaluation after each epoch."""
        for _ in range(epochs):
            self.model.train()
            for inputs, targets in self.batches():
                monitor.step((step or self.step)(inputs, targets))
            self.model.eval()
            with torch.no_grad():
                monitor.validate(self.criterion(self.model(self.inputs), self.targets))

    def watched(
        self, epochs: int = 5, step: Callable[[Tensor, Tensor], Tensor] | None = None, **settings: Any
    ) -> TrainingMonitor:
        """A monitor that has watched a whole training."""
        with TrainingMonitor(self.model, self.optimizer, criterion=self.criterion, **settings) as monitor:
            self.train(monitor, epochs, step)
        return monitor


@pytest.fixture
def problem() -> Problem:
    """A healthy problem, for a test to spoil."""
    return Problem()


def names(monitor: TrainingMonitor) -> list[str]:
    """The names of what a monitor found, in order."""
    return [finding.name for finding in monitor.findings()]
