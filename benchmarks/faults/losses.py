"""Faults in the loss."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn

from .recipe import Setup, digits, held_loader, mlp, plain_step, setup_mlp, sgd
from .registry import fault


@fault("softmax-before-cross-entropy")
def softmax_twice(seed: int, width: int) -> Setup:
    torch.manual_seed(seed)
    return setup_mlp(seed, width, mlp(width).append(nn.Softmax(dim=1)))


@fault("softmax-over-wrong-axis")
def softmax_over_the_batch(seed: int, width: int) -> Setup:
    torch.manual_seed(seed)
    setup = setup_mlp(seed, width, mlp(width).append(nn.LogSoftmax(dim=0)))
    setup.criterion = nn.NLLLoss()
    return setup


@fault("raw-scores-into-probability-loss")
def likelihood_of_raw_scores(seed: int, width: int) -> Setup:
    setup = setup_mlp(seed, width)
    setup.criterion = nn.NLLLoss()
    return setup


@fault("rectified-logits")
def rectified_scores(seed: int, width: int) -> Setup:
    torch.manual_seed(seed)
    return setup_mlp(seed, width, mlp(width).append(nn.ReLU()))


@fault("sigmoid-before-bce-with-logits")
def sigmoid_before_logits_loss(seed: int, width: int) -> Setup:
    torch.manual_seed(seed)
    setup = setup_mlp(seed, width, mlp(width, outputs=1).append(nn.Sigmoid()))
    setup.criterion = nn.BCEWithLogitsLoss()
    setup.objective = lambda scores, y: setup.criterion(scores.squeeze(1), (y >= 5).to(scores))
    return setup


@fault("negated-loss")
def negated_loss(seed: int, width: int) -> Setup:
    setup = setup_mlp(seed, width)
    setup.objective = lambda scores, y: -setup.criterion(scores, y)
    return setup


@fault("summed-loss")
def summed_loss(seed: int, width: int) -> Setup:
    setup = setup_mlp(seed, width)
    setup.criterion = nn.CrossEntropyLoss(reduction="sum")
    return setup


@fault("broadcast-targets")
def broadcast_targets(seed: int, width: int) -> Setup:
    torch.manual_seed(seed)
    setup = setup_mlp(seed, width, mlp(width, outputs=1))
    setup.optimizer = sgd(setup.model, 0.01)
    setup.objective = lambda outputs, y: (outputs - (y.to(outputs) - 4.5) / 3).square().mean()
    return setup


@fault("loss-detached")
def loss_made_anew(seed: int, width: int) -> Setup:
    setup = setup_mlp(seed, width)
    setup.objective = lambda scores, y: torch.tensor(setup.criterion(scores, y).item(), requires_grad=True)
    return setup


class LogOfProbability(nn.Module):
    """A cross-entropy that takes the logarithm of probabilities, some of which underflow to zero."""

    def forward(self, scores: Tensor, targets: Tensor) -> Tensor:
        probabilities = torch.softmax(20 * scores, 1)
        return -probabilities[torch.arange(len(targets)), targets].log().mean()


@fault("non-finite-loss", "non-finite-gradient")
def log_of_zero(seed: int, width: int) -> Setup:
    setup = setup_mlp(seed, width)
    setup.criterion, setup.optimizer = LogOfProbability(), sgd(setup.model, 0.2)
    return setup


class BentSquare(torch.autograd.Function):
    """A square whose backward forgot the factor."""

    @staticmethod
    def forward(ctx: Any, inputs: Tensor) -> Tensor:
        ctx.save_for_backward(inputs)
        return inputs.square()

    @staticmethod
    def backward(ctx: Any, *gradients: Any) -> Any:
        (inputs,) = ctx.saved_tensors
        return gradients[0] * inputs.abs()


class Squares(nn.Module):
    """Applies :class:`BentSquare`."""

    def forward(self, inputs: Tensor) -> Tensor:
        output: Tensor = BentSquare.apply(inputs)  # type: ignore[no-untyped-call]
        return output


@fault("wrong-backward", "wrong-gradient")
def wrong_custom_backward(seed: int, width: int) -> Setup:
    torch.manual_seed(seed)
    network = nn.Sequential(nn.Linear(64, width), Squares(), nn.Linear(width, 10))
    setup = setup_mlp(seed, width, network)
    setup.optimizer = sgd(network, 0.005)
    return setup


@fault("clipping-too-tight")
def tiny_clipping(seed: int, width: int) -> Setup:
    def step(setup: Setup, inputs: Tensor, targets: Tensor, _: int) -> Tensor:
        setup.optimizer.zero_grad()
        loss = setup.loss(setup, inputs, targets)
        loss.backward()
        nn.utils.clip_grad_norm_(setup.model.parameters(), 1e-4)
        setup.optimizer.step()
        return loss

    setup = setup_mlp(seed, width)
    setup.step = step
    return setup


@fault("overfitting")
def tiny_data_and_a_wide_network(seed: int, width: int) -> Setup:
    torch.manual_seed(seed)
    setup = setup_mlp(seed, width, mlp(16 * width))
    data = digits(seed)
    few = torch.utils.data.TensorDataset(data.inputs[:40], data.targets[:40])
    setup.train = torch.utils.data.DataLoader(few, 10, shuffle=True)
    setup.validation = held_loader(torch.utils.data.TensorDataset(data.held_inputs, data.held_targets))
    setup.epochs = 40
    setup.step = lambda setup, x, y, index: plain_step(setup, x, y)
    return setup
