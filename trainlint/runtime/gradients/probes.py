"""Which changes of which leaves are tried: sampled entries of every tensor, and random directions."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from .problem import Leaf, Shift

# A direction is scaled to change the loss by this share of it: far above rounding, far below where the loss bends.
DIRECTION_CHANGE = 1e-7


@dataclass(frozen=True)
class Probe:
    """A change to try, and by how much the analytic gradient says that the loss moves with it."""

    shifts: tuple[Shift, ...]
    predicted: float
    where: str
    leaf: int | None  # None: the whole network at once

    @property
    def length(self) -> float:
        """The step of a single entry, 1 for directions: ``predicted / length`` is the derivative."""
        delta = self.shifts[0].delta
        return delta if isinstance(delta, float) and len(self.shifts) == 1 else 1.0


def entry_probes(
    leaves: Sequence[Leaf], gradients: Sequence[Tensor | None], count: int, step: float, generator: torch.Generator
) -> list[Probe]:
    """``count`` entries of every leaf: half with the largest gradients, half at random.

    The step of an entry x is ``step * max(|x|, 1)``: relative for large values, absolute for those around zero.
    """
    probes = []
    for number, (leaf, gradient) in enumerate(zip(leaves, gradients, strict=True)):
        numbers = leaf.real
        for index in _sampled(numbers, gradient, count, generator):
            value = numbers[index].clone()
            # What the sum with the step, rounded, really moves by.
            delta = float(value + step * max(abs(float(value)), 1.0) - value)
            slope = 0.0 if gradient is None else float(gradient[index])
            where = f"{leaf.name}[{', '.join(map(str, index))}]" if index else leaf.name
            probes.append(Probe((Shift(number, delta, index),), slope * delta, where, number))
    return probes


def direction_probes(
    leaves: Sequence[Leaf],
    gradients: Sequence[Tensor | None],
    count: int,
    step: float,
    loss: float,
    generator: torch.Generator,
) -> list[Probe]:
    """A random direction in every leaf with more than one entry, and ``count`` through all leaves together."""
    change = DIRECTION_CHANGE * max(abs(loss), 1e-3)
    probes = []
    for number, leaf in enumerate(leaves):
        if leaf.real.numel() > 1:
            shift, predicted = _direction(number, leaf, gradients[number], change, step, generator)
            probes.append(Probe((shift,), predicted, f"{leaf.name} (a random direction)", number))
    for _ in range(count if len(leaves) > 1 else 0):
        parts = [
            _direction(number, leaf, gradients[number], change / len(leaves), step, generator)
            for number, leaf in enumerate(leaves)
        ]
        shifts = tuple(shift for shift, _ in parts)
        probes.append(Probe(shifts, sum(part for _, part in parts), "all tensors (a random direction)", None))
    return probes


def _sampled(numbers: Tensor, gradient: Tensor | None, count: int, generator: torch.Generator) -> list[tuple[int, ...]]:
    total = numbers.numel()
    if total <= count:
        flat = list(range(total))
    else:
        largest = count // 2 if gradient is not None else 0
        flat = [] if gradient is None else gradient.abs().reshape(-1).topk(largest).indices.tolist()
        for position in torch.randint(total, (4 * count,), generator=generator).tolist():
            if len(flat) == count:
                break
            if position not in flat:
                flat.append(position)
    return [_unravel(position, numbers.shape) for position in flat]


def _unravel(position: int, shape: Sequence[int]) -> tuple[int, ...]:
    index = []
    for length in reversed(shape):
        index.append(position % length)
        position //= length
    return tuple(reversed(index))


def _direction(
    number: int, leaf: Leaf, gradient: Tensor | None, change: float, step: float, generator: torch.Generator
) -> tuple[Shift, float]:
    numbers = leaf.real
    # Drawn in single precision: any direction is as good as another, and large networks have millions of entries.
    sizes = torch.rand(numbers.shape, generator=generator).mul_(2).sub_(1).to(numbers)
    slope = 0.0
    if gradient is not None:
        # Signs that agree with the gradient keep the sum from drowning in rounding; entries without one stay random.
        aligned = torch.copysign(sizes, gradient)
        sizes = aligned if bool(gradient.all()) else torch.where(gradient == 0, sizes, aligned)
        slope = float(torch.dot(sizes.reshape(-1), gradient.reshape(-1)))
    scale = step if slope == 0 else min(step, change / abs(slope))
    # What the sum with the step, rounded, really moves by.
    delta = torch.add(numbers, sizes, alpha=scale).sub_(numbers)
    predicted = 0.0 if gradient is None else float(torch.dot(delta.reshape(-1), gradient.reshape(-1)))
    return Shift(number, delta), predicted
