"""One training recipe that every fault and every healthy run follows, watched the way a user would watch it."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import torch
from sklearn.datasets import load_digits
from torch import Tensor, nn
from torch.utils.data import DataLoader, Dataset, TensorDataset

CLASSES = 10
TRAINING = 1200
BATCH = 32
EPOCHS = 8


@dataclass
class Setup:
    """Everything a training consists of; a fault replaces one part."""

    model: nn.Module
    optimizer: torch.optim.Optimizer
    criterion: nn.Module
    train: DataLoader[Any]
    validation: DataLoader[Any]
    epochs: int = EPOCHS
    scheduler: Any = None
    scheduler_cadence: str = "epoch"
    scaler: Any = None
    initial_loss: float | None = None
    objective: Callable[[Any, Tensor], Tensor] | None = None
    loss: Callable[[Setup, Tensor, Tensor], Tensor] = field(
        default=lambda setup, x, y: setup.compare(setup.model(x), y)
    )
    step: Callable[[Setup, Tensor, Tensor, int], Tensor] = field(
        default=lambda setup, x, y, index: plain_step(setup, x, y)
    )
    begin_epoch: Callable[[Setup, int], None] = field(default=lambda setup, epoch: _train_mode(setup))
    begin_evaluation: Callable[[Setup], None] = field(default=lambda setup: _eval_mode(setup))
    end_epoch: Callable[[Setup, float], None] = field(default=lambda setup, loss: None)

    def compare(self, outputs: Any, targets: Tensor) -> Tensor:
        """The loss of the network's outputs: the criterion's, or the setup's own."""
        value: Tensor = self.criterion(outputs, targets) if self.objective is None else self.objective(outputs, targets)
        return value


def plain_step(setup: Setup, inputs: Tensor, targets: Tensor) -> Tensor:
    """The usual training step."""
    setup.optimizer.zero_grad()
    loss = setup.loss(setup, inputs, targets)
    loss.backward()
    setup.optimizer.step()
    return loss


def _train_mode(setup: Setup) -> None:
    setup.model.train()


def _eval_mode(setup: Setup) -> None:
    setup.model.eval()


@torch.no_grad()
def evaluate(setup: Setup) -> float:
    """Mean loss over the validation batches."""
    setup.begin_evaluation(setup)
    total = count = 0.0
    for inputs, targets in setup.validation:
        total += float(setup.loss(setup, inputs, targets))
        count += 1
    return total / count


def train(setup: Setup, monitor: Any) -> None:
    """Train, telling ``monitor`` each loss and each evaluation."""
    for epoch in range(setup.epochs):
        setup.begin_epoch(setup, epoch)
        for index, (inputs, targets) in enumerate(setup.train):
            loss = setup.step(setup, inputs, targets, index)
            if setup.scheduler is not None and setup.scheduler_cadence == "batch":
                setup.scheduler.step()
            monitor.step(loss)
        validation = evaluate(setup)
        monitor.validate(validation)
        if setup.scheduler is not None and setup.scheduler_cadence == "epoch":
            setup.scheduler.step()
        if setup.scheduler is not None and setup.scheduler_cadence == "plateau":
            setup.scheduler.step(validation)
        setup.end_epoch(setup, validation)
        if not math.isfinite(validation):
            break


@dataclass
class Digits:
    """The digits, split by ``seed``: standardised images, shape (n, 64), and classes, shape (n,)."""

    inputs: Tensor
    targets: Tensor
    held_inputs: Tensor
    held_targets: Tensor

    def loaders(self, batch: int = BATCH, shuffle: bool = True) -> tuple[DataLoader[Any], DataLoader[Any]]:
        """Training and validation loader."""
        return (
            DataLoader(TensorDataset(self.inputs, self.targets), batch, shuffle=shuffle),
            held_loader(TensorDataset(self.held_inputs, self.held_targets)),
        )


def held_loader(dataset: Dataset[Any]) -> DataLoader[Any]:
    """A loader for validation data."""
    return DataLoader(dataset, 199)  # three batches of one size


def digits(seed: int) -> Digits:
    """The digits, shuffled and split by ``seed``."""
    images, classes = load_digits(return_X_y=True)
    inputs, targets = torch.tensor(images, dtype=torch.float32), torch.tensor(classes)
    order = torch.randperm(len(inputs), generator=torch.Generator().manual_seed(seed))
    first, rest = order[:TRAINING], order[TRAINING:]
    mean, spread = inputs[first].mean(), inputs[first].std()
    inputs = (inputs - mean) / spread
    return Digits(inputs[first], targets[first], inputs[rest], targets[rest])


def mlp(width: int, activation: type[nn.Module] = nn.ReLU, depth: int = 2, outputs: int = CLASSES) -> nn.Sequential:
    """A fully connected network from 64 pixels."""
    layers: list[nn.Module] = []
    size = 64
    for _ in range(depth):
        layers += [nn.Linear(size, width), activation()]
        size = width
    return nn.Sequential(*layers, nn.Linear(size, outputs))


def sgd(model: nn.Module, rate: float = 0.05, momentum: float = 0.9, decay: float = 0.0) -> torch.optim.SGD:
    """SGD with momentum."""
    return torch.optim.SGD(model.parameters(), lr=rate, momentum=momentum, weight_decay=decay)


def setup_mlp(seed: int, width: int, model: nn.Module | None = None) -> Setup:
    """A healthy network on the digits, seeded; ``model`` replaces the usual one."""
    torch.manual_seed(seed)
    network = mlp(width) if model is None else model
    train_loader, validation = digits(seed).loaders()
    return Setup(network, sgd(network), nn.CrossEntropyLoss(), train_loader, validation)
