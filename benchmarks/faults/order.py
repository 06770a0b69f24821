"""Faults in the order of the training step, and in modes."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from .recipe import Setup, mlp, plain_step, setup_mlp, sgd
from .registry import fault


@fault("missing-zero-grad")
def dropped_zero_grad(seed: int, width: int) -> Setup:
    def step(setup: Setup, inputs: Tensor, targets: Tensor, _: int) -> Tensor:
        loss = setup.loss(setup, inputs, targets)
        loss.backward()
        setup.optimizer.step()
        return loss

    setup = setup_mlp(seed, width)
    setup.step = step
    return setup


@fault("missing-zero-grad")
def zero_grad_once_an_epoch(seed: int, width: int) -> Setup:
    setup = dropped_zero_grad(seed, width)
    setup.optimizer = torch.optim.Adam(setup.model.parameters(), lr=1e-3)

    def begin(setup: Setup, _: int) -> None:
        setup.model.train()
        setup.optimizer.zero_grad()

    setup.begin_epoch = begin
    return setup


@fault("gradients-discarded")
def cleared_gradients(seed: int, width: int) -> Setup:
    def step(setup: Setup, inputs: Tensor, targets: Tensor, _: int) -> Tensor:
        loss = setup.loss(setup, inputs, targets)
        loss.backward()
        setup.optimizer.zero_grad()
        setup.optimizer.step()
        return loss

    setup = setup_mlp(seed, width)
    setup.step = step
    return setup


@fault("gradients-discarded")
def cleared_micro_batches(seed: int, width: int) -> Setup:
    def step(setup: Setup, inputs: Tensor, targets: Tensor, index: int) -> Tensor:
        setup.optimizer.zero_grad()
        loss = setup.loss(setup, inputs, targets) / 4
        loss.backward()
        if index % 4 == 3:
            setup.optimizer.step()
        return loss

    setup = setup_mlp(seed, width)
    setup.step = step
    setup.epochs *= 2
    return setup


@fault("incomplete-step")
def forgotten_step(seed: int, width: int) -> Setup:
    def step(setup: Setup, inputs: Tensor, targets: Tensor, _: int) -> Tensor:
        setup.optimizer.zero_grad()
        loss = setup.loss(setup, inputs, targets)
        loss.backward()
        return loss

    setup = setup_mlp(seed, width)
    setup.step = step
    return setup


@fault("incomplete-step")
def forgotten_backward(seed: int, width: int) -> Setup:
    def step(setup: Setup, inputs: Tensor, targets: Tensor, _: int) -> Tensor:
        setup.optimizer.zero_grad()
        loss = setup.loss(setup, inputs, targets)
        setup.optimizer.step()
        return loss

    setup = setup_mlp(seed, width)
    setup.step = step
    return setup


@fault("accumulation-unscaled")
def unscaled_accumulation(seed: int, width: int) -> Setup:
    def step(setup: Setup, inputs: Tensor, targets: Tensor, index: int) -> Tensor:
        loss = setup.loss(setup, inputs, targets)
        loss.backward()
        if index % 8 == 7:
            setup.optimizer.step()
            setup.optimizer.zero_grad()
        return loss

    setup = setup_mlp(seed, width)
    setup.step = step
    setup.epochs *= 3
    return setup


@fault("optimizer-recreated")
def optimizer_made_in_every_step(seed: int, width: int) -> Setup:
    def step(setup: Setup, inputs: Tensor, targets: Tensor, _: int) -> Tensor:
        setup.optimizer = sgd(setup.model)
        return plain_step(setup, inputs, targets)

    setup = setup_mlp(seed, width)
    setup.step = step
    return setup


class HiddenState(nn.Module):
    """A recurrent cell that carries its state from batch to batch."""

    def __init__(self, width: int, detach: bool) -> None:
        super().__init__()
        self.cell = nn.GRUCell(64, width)
        self.head = nn.Linear(width, 10)
        self.detach = detach
        self.hidden: Tensor | None = None

    def forward(self, inputs: Tensor) -> Tensor:
        start = None if self.hidden is None or len(self.hidden) != len(inputs) or not self.training else self.hidden
        hidden = self.cell(inputs, start)
        if self.training:
            self.hidden = hidden.detach() if self.detach else hidden
        output: Tensor = self.head(hidden)
        return output


@fault("retained-graph")
def hidden_state_not_detached(seed: int, width: int) -> Setup:
    def step(setup: Setup, inputs: Tensor, targets: Tensor, index: int) -> Tensor:
        loss = setup.loss(setup, inputs, targets) / len(setup.train)
        # Accumulates a whole epoch and steps once: the graph of all its batches is alive until then.
        loss.backward(retain_graph=True)
        if index == len(setup.train) - 1:
            setup.optimizer.step()
            setup.optimizer.zero_grad()
            setup.model.hidden = None
        return loss

    torch.manual_seed(seed)
    setup = setup_mlp(seed, width, HiddenState(width, detach=False))
    setup.step = step
    return setup


def _dropout_network(width: int) -> nn.Sequential:
    return nn.Sequential(nn.Linear(64, width), nn.BatchNorm1d(width), nn.ReLU(), nn.Dropout(0.3), nn.Linear(width, 10))


@fault("evaluation-in-train-mode")
def validation_in_train_mode(seed: int, width: int) -> Setup:
    torch.manual_seed(seed)
    setup = setup_mlp(seed, width, _dropout_network(width))
    setup.begin_evaluation = lambda setup: None
    return setup


@fault("train-mode-not-restored")
def training_in_eval_mode(seed: int, width: int) -> Setup:
    torch.manual_seed(seed)
    setup = setup_mlp(seed, width, _dropout_network(width))

    def begin(setup: Setup, _: int) -> None:
        setup.model.eval()

    setup.begin_epoch = begin
    return setup


@fault("train-mode-not-restored")
def train_mode_not_restored(seed: int, width: int) -> Setup:
    torch.manual_seed(seed)
    setup = setup_mlp(seed, width, _dropout_network(width))
    setup.begin_epoch = lambda setup, epoch: None
    return setup


class AlwaysDropping(nn.Module):
    """Dropout that does not know of eval mode."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.body = mlp(width)
        self.head = nn.Linear(10, 10)

    def forward(self, inputs: Tensor) -> Tensor:
        output: Tensor = self.head(F.dropout(self.body(inputs), 0.5))
        return output


@fault("functional-dropout-always-on")
def always_on_dropout(seed: int, width: int) -> Setup:
    torch.manual_seed(seed)
    return setup_mlp(seed, width, AlwaysDropping(width))
