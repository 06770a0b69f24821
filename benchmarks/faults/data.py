"""Faults in the data."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn
from torch.utils.data import DataLoader, Dataset, TensorDataset

from .recipe import Setup, digits, held_loader, plain_step, setup_mlp, sgd
from .registry import fault


def _with_training(setup: Setup, inputs: Tensor, targets: Tensor, batch: int = 32, shuffle: bool = True) -> Setup:
    setup.train = DataLoader(TensorDataset(inputs, targets), batch, shuffle=shuffle)
    return setup


@fault("unscaled-input")
def unscaled_inputs(seed: int, width: int) -> Setup:
    setup, data = setup_mlp(seed, width), digits(seed)
    setup = _with_training(setup, (data.inputs + 1) * 100, data.targets)
    setup.validation = held_loader(TensorDataset((data.held_inputs + 1) * 100, data.held_targets))
    return setup


@fault("unscaled-input")
def inputs_scaled_twice(seed: int, width: int) -> Setup:
    setup, data = setup_mlp(seed, width), digits(seed)
    setup = _with_training(setup, (data.inputs + 1) / 255, data.targets)
    setup.validation = held_loader(TensorDataset((data.held_inputs + 1) / 255, data.held_targets))
    return setup


@fault("validation-at-chance")
def shuffled_targets(seed: int, width: int) -> Setup:
    setup, data = setup_mlp(seed, width), digits(seed)
    order = torch.randperm(len(data.targets), generator=torch.Generator().manual_seed(seed))
    setup.epochs = 40
    return _with_training(setup, data.inputs, data.targets[order])


@fault("validation-at-chance")
def shifted_validation_targets(seed: int, width: int) -> Setup:
    setup, data = setup_mlp(seed, width), digits(seed)
    setup.validation = held_loader(TensorDataset(data.held_inputs, data.held_targets.roll(1)))
    return setup


@fault("non-finite-input")
def a_pixel_that_is_no_number(seed: int, width: int) -> Setup:
    setup, data = setup_mlp(seed, width), digits(seed)
    data.inputs[500, 20] = torch.nan
    return _with_training(setup, data.inputs, data.targets)


@fault("full-batch-descent")
def one_giant_batch(seed: int, width: int) -> Setup:
    setup, data = setup_mlp(seed, width), digits(seed)
    setup.epochs = 30
    return _with_training(setup, data.inputs, data.targets, batch=len(data.inputs))


@fault("single-sample-batches", "noisy-loss")
def single_samples(seed: int, width: int) -> Setup:
    setup, data = setup_mlp(seed, width), digits(seed)
    setup.optimizer = sgd(setup.model, 0.02)
    setup.epochs = 2
    return _with_training(setup, data.inputs[:400], data.targets[:400], batch=1)


@fault("training-data-not-shuffled")
def sorted_data(seed: int, width: int) -> Setup:
    setup, data = setup_mlp(seed, width), digits(seed)
    order = data.targets.argsort()
    return _with_training(setup, data.inputs[order], data.targets[order], shuffle=False)


@fault("overlapping-parts", "duplicate-samples")
def validation_inside_training(seed: int, width: int) -> Setup:
    setup, data = setup_mlp(seed, width), digits(seed)
    setup.validation = held_loader(TensorDataset(data.inputs[:300], data.targets[:300]))
    return setup


class OneSample(Dataset[Any]):
    """A dataset whose ``__getitem__`` forgot its index."""

    def __init__(self, inputs: Tensor, targets: Tensor) -> None:
        self.inputs, self.targets = inputs, targets

    def __len__(self) -> int:
        return len(self.inputs)

    def __getitem__(self, index: int) -> tuple[Tensor, Tensor]:
        return self.inputs[0], self.targets[0]


@fault("identical-samples")
def one_repeated_sample(seed: int, width: int) -> Setup:
    setup, data = setup_mlp(seed, width), digits(seed)
    setup.train = DataLoader(OneSample(data.inputs, data.targets), 32, shuffle=True)
    return setup


@fault("same-batch-every-step")
def one_repeated_batch(seed: int, width: int) -> Setup:
    setup = setup_mlp(seed, width)
    first = next(iter(setup.train))
    setup.step = lambda setup, x, y, index: plain_step(setup, first[0], first[1])
    return setup


class MixedAxes(nn.Module):
    """A view in place of a transposition, which mixes the samples of a batch."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.rows = nn.Linear(8, width)
        self.head = nn.Linear(8 * width, 10)

    def forward(self, inputs: Tensor) -> Tensor:
        rows = torch.relu(self.rows(inputs.view(-1, 8, 8))).transpose(0, 1)
        output: Tensor = self.head(rows.reshape(len(inputs), -1))
        return output


@fault("batch-mixing")
def axes_mixed_by_view(seed: int, width: int) -> Setup:
    torch.manual_seed(seed)
    return setup_mlp(seed, width, MixedAxes(width))
