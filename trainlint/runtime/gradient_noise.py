"""How large a batch is worth it: the noise of the gradient against its size."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn

from .batches import LossFunction, batch_size, call, loss_value
from .state import preserved

LEAST_BATCHES = 4
"""Fewer leave nothing to tell noise from gradient by."""


@dataclass(frozen=True, slots=True)
class NoiseScale:
    """``scale`` samples are the batch at which noise and gradient are of one size, infinite where no gradient shows in
    the noise. Well below it, doubling the batch nearly halves the steps; well above, it saves nothing.

    ``gradient_norm`` is the norm of the true gradient, ``noise`` the trace of the covariance of one sample's gradient;
    both are estimates from ``batches`` batches of ``batch_size`` samples.
    """

    scale: float
    gradient_norm: float
    noise: float
    batch_size: int
    batches: int

    def __str__(self) -> str:
        side = "below" if self.batch_size < self.scale else "above"
        return f"gradient noise scale {self.scale:.3g} samples; the batch of {self.batch_size} lies {side} it"


def gradient_noise_scale(
    model: nn.Module, batches: Iterable[tuple[Any, Any]], loss: LossFunction | None = None
) -> NoiseScale:
    """Estimate the simple noise scale tr(S)/|G|^2 (McCandlish and others 2018, "An empirical model of large-batch
    training", appendix A.1) from the gradients of single batches and of their mean.

    ``batches`` are pairs of inputs and targets, all of the same number of samples; a few dozen give a usable number.
    ``loss(output, targets)`` must be a mean over the samples. The model is used in the mode in which it is; its
    gradients, buffers and the random generators are left as they were.

    Raises ``ValueError`` for fewer than :data:`LEAST_BATCHES` batches or batches of different sizes, and where no
    parameter has a gradient.
    """
    parameters = [parameter for parameter in model.parameters() if parameter.requires_grad]
    if not parameters:
        raise ValueError("no parameter of the model asks for a gradient")
    sizes: set[int] = set()
    total: Tensor | None = None
    squares: list[float] = []
    with preserved(model):
        for inputs, targets in batches:
            sizes.add(_samples(inputs, targets))
            gradient = _gradient(model, parameters, inputs, targets, loss)
            squares.append(float(gradient.square().sum()))
            total = gradient if total is None else total + gradient
    if total is None or len(squares) < LEAST_BATCHES:
        raise ValueError(f"at least {LEAST_BATCHES} batches are needed, not {len(squares)}")
    if len(sizes) > 1:
        raise ValueError(f"all batches must have one size, not {sorted(sizes)}")
    return _estimate(squares, total, sizes.pop())


def _samples(inputs: Any, targets: Any) -> int:
    size = batch_size(inputs) or batch_size(targets)
    if size is None:
        raise ValueError("the number of samples in a batch cannot be told from its inputs")
    return size


def _gradient(
    model: nn.Module, parameters: list[nn.Parameter], inputs: Any, targets: Any, loss: LossFunction | None
) -> Tensor:
    value = loss_value(call(model, inputs), targets, loss)
    gradients: tuple[Tensor | None, ...] = torch.autograd.grad(value, parameters, allow_unused=True)
    if all(gradient is None for gradient in gradients):
        raise ValueError("the loss depends on no parameter of the model")
    # A parameter that one batch does not reach has the gradient zero there.
    pairs = zip(gradients, parameters, strict=True)
    filled = [torch.zeros_like(parameter) if gradient is None else gradient for gradient, parameter in pairs]
    return torch.cat([gradient.double().reshape(-1) for gradient in filled])


def _estimate(squares: list[float], total: Tensor, size: int) -> NoiseScale:
    count = len(squares)
    small = sum(squares) / count
    large = float((total / count).square().sum())
    true = max(0.0, (count * large - small) / (count - 1))
    noise = max(0.0, (small - large) * size * count / (count - 1))
    scale = noise / true if true > 0 else math.inf
    return NoiseScale(scale, math.sqrt(true), noise, size, count)
