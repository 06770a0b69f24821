"""Small real networks and real data for the tests of ``trainlint.runtime``, healthy ones and broken ones."""

from __future__ import annotations

import functools
import random
from typing import Any

import numpy
import torch
from sklearn.datasets import load_digits
from torch import Tensor, nn
from torch.nn import functional


@functools.cache
def digits() -> tuple[Tensor, Tensor]:
    """scikit-learn's digits: 1797 images as rows of 64 values between 0 and 1, and their labels."""
    images, labels = load_digits(return_X_y=True)
    return torch.tensor(images / 16, dtype=torch.float32), torch.tensor(labels)


def mlp(*last: nn.Module, width: int = 32, dropout: float = 0.2) -> nn.Sequential:
    """64 values to 10 scores, then ``last``."""
    layers = [nn.Linear(64, width), nn.ReLU(), nn.Dropout(dropout), nn.Linear(width, 10)]
    return nn.Sequential(*layers, *last)


def regressor(*last: nn.Module) -> nn.Sequential:
    """64 values to one."""
    return nn.Sequential(nn.Linear(64, 32), nn.ReLU(), nn.Linear(32, 1), *last)


def cnn() -> nn.Sequential:
    """Digits as images, through two convolutions with batch norm, dropout and pooling."""
    return nn.Sequential(
        nn.Unflatten(1, (1, 8, 8)),
        nn.Conv2d(1, 8, 3, padding=1, bias=False),
        nn.BatchNorm2d(8),
        nn.ReLU(),
        nn.Dropout(0.2),
        nn.Conv2d(8, 8, 3, padding=1),
        nn.BatchNorm2d(8),
        nn.ReLU(),
        nn.MaxPool2d(2),
        nn.Flatten(),
        nn.Linear(128, 10),
    )


class Lstm(nn.Module):
    """Digits row by row through an LSTM."""

    def __init__(self) -> None:
        super().__init__()
        self.recurrent = nn.LSTM(8, 16, batch_first=True)
        self.head = nn.Linear(16, 10)

    def forward(self, rows: Tensor) -> Tensor:
        return self.head(self.recurrent(rows.unflatten(1, (8, 8)))[0][:, -1])


def transformer(*, batch_first: bool = True) -> nn.Sequential:
    """Digits row by row through a transformer layer."""
    layer = nn.TransformerEncoderLayer(8, 2, 16, batch_first=batch_first)
    return nn.Sequential(nn.Unflatten(1, (8, 8)), layer, nn.Flatten(), nn.Linear(64, 10))


class AlwaysDropout(nn.Module):
    """Dropout that does not know the mode."""

    def __init__(self) -> None:
        super().__init__()
        self.body = nn.Linear(64, 32)
        self.head = nn.Linear(32, 10)

    def forward(self, rows: Tensor) -> Tensor:
        return self.head(functional.dropout(torch.relu(self.body(rows)), 0.3))


class Detached(nn.Module):
    """A body that no gradient reaches."""

    def __init__(self) -> None:
        super().__init__()
        self.body = nn.Linear(64, 32)
        self.head = nn.Linear(32, 10)

    def forward(self, rows: Tensor) -> Tensor:
        return self.head(torch.relu(self.body(rows)).detach())


class PlainList(nn.Module):
    """Layers in a plain list."""

    def __init__(self) -> None:
        super().__init__()
        self.layers = [nn.Linear(64, 32), nn.Linear(32, 32)]
        self.head = nn.Linear(32, 10)

    def forward(self, rows: Tensor) -> Tensor:
        for layer in self.layers:
            rows = torch.relu(layer(rows))
        return self.head(rows)


class MixedAxes(nn.Module):
    """A view that mixes samples."""

    def __init__(self) -> None:
        super().__init__()
        self.head = nn.Linear(64, 10)

    def forward(self, rows: Tensor) -> Tensor:
        return self.head(rows.t().reshape(rows.shape))


class ScaleFunction(torch.autograd.Function):
    """x * w with a backward that gives twice the gradient of w."""

    @staticmethod
    def forward(ctx: Any, rows: Tensor, weight: Tensor) -> Tensor:
        ctx.save_for_backward(rows, weight)
        return rows * weight

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor, Tensor]:
        rows, weight = ctx.saved_tensors
        return gradients[0] * weight, 2 * (gradients[0] * rows).sum(0)


class WrongBackward(nn.Module):
    """A custom layer between two linear ones, whose own weight gets a wrong gradient."""

    def __init__(self) -> None:
        super().__init__()
        self.body = nn.Linear(64, 16)
        self.scale = nn.Parameter(torch.rand(16) + 0.5)
        self.head = nn.Linear(16, 10)

    def forward(self, rows: Tensor) -> Tensor:
        return self.head(ScaleFunction.apply(torch.tanh(self.body(rows)), self.scale))


class Block(nn.Module):
    """A residual block of ResNet-18."""

    def __init__(self, inputs: int, outputs: int, stride: int) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(inputs, outputs, 3, stride, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(outputs)
        self.conv2 = nn.Conv2d(outputs, outputs, 3, 1, 1, bias=False)
        self.bn2 = nn.BatchNorm2d(outputs)
        self.relu = nn.ReLU(inplace=True)
        self.shortcut: nn.Module = nn.Identity()
        if stride != 1 or inputs != outputs:
            self.shortcut = nn.Sequential(nn.Conv2d(inputs, outputs, 1, stride, bias=False), nn.BatchNorm2d(outputs))

    def forward(self, images: Tensor) -> Tensor:
        hidden = self.bn2(self.conv2(self.relu(self.bn1(self.conv1(images)))))
        return self.relu(hidden + self.shortcut(images))


def resnet18(classes: int = 10) -> nn.Sequential:
    """ResNet-18 with its 11 million parameters (He et al. 2016)."""
    stem = [nn.Conv2d(3, 64, 7, 2, 3, bias=False), nn.BatchNorm2d(64), nn.ReLU(inplace=True), nn.MaxPool2d(3, 2, 1)]
    blocks: list[nn.Module] = []
    width = 64
    for outputs, stride in ((64, 1), (128, 2), (256, 2), (512, 2)):
        blocks += [Block(width, outputs, stride), Block(outputs, outputs, 1)]
        width = outputs
    return nn.Sequential(*stem, *blocks, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(512, classes))


def fingerprint(model: nn.Module, optimizer: torch.optim.Optimizer | None = None) -> dict[str, Any]:
    """Everything that a check must leave alone, bit for bit: weights, buffers, gradients, flags, modes, hooks, the
    identity of tensors, the optimizer's state, and all global random generators."""
    found: dict[str, Any] = {}
    for name, tensor in [*model.named_parameters(), *model.named_buffers()]:
        found[f"value {name}"] = (id(tensor), tensor.dtype, bits(tensor))
        found[f"gradient {name}"] = None if tensor.grad is None else (id(tensor.grad), bits(tensor.grad))
        found[f"flag {name}"] = tensor.requires_grad
    for name, module in model.named_modules():
        hooks = len(module._forward_hooks) + len(module._forward_pre_hooks) + len(module._backward_hooks)
        found[f"module {name}"] = (id(module), module.training, hooks, getattr(module, "momentum", None))
    if optimizer is not None:
        for number, group in enumerate(optimizer.param_groups):
            held = [id(parameter) for parameter in group["params"]]
            found[f"group {number}"] = (held, {key: value for key, value in group.items() if key != "params"})
        for number, state in enumerate(optimizer.state.values()):
            found[f"state {number}"] = {
                key: bits(value) if isinstance(value, Tensor) else value for key, value in state.items()
            }
    found["python"] = random.getstate()
    found["numpy"] = str(numpy.random.get_state())
    found["torch"] = bits(torch.get_rng_state())
    found["grad mode"] = torch.is_grad_enabled()
    return found


def bits(tensor: Tensor) -> bytes:
    return tensor.detach().contiguous().reshape(-1).view(torch.uint8).numpy().tobytes()
