"""Updates that undo one another: the share of weights whose successive changes point opposite ways."""

from __future__ import annotations

import collections
from collections.abc import Iterator, Mapping

import torch
from torch import Tensor, nn

from trainlint.findings import Level

from ..findings import RuntimeFinding
from .readout import Readout
from .series import Series, median

FLIPS = 0.8
"""Share of sign flips between successive updates. Independent updates flip half of the signs, momentum makes it less;
a step that is too long for the valley flips all in each direction across it (P27)."""

MINIMUM = 5
"""Pairs of updates before a verdict."""

TENSORS = 8
ENTRIES = 1024
"""Tensors and entries of each that are followed."""


class OscillationMonitor:
    """Watches the signs of successive updates on a sample of the weight matrices.

    ``observe`` is called after an optimizer's step; three calls in a row make one measurement.
    """

    def __init__(self, parameters: Mapping[str, nn.Parameter]) -> None:
        matrices = [parameter for parameter in parameters.values() if parameter.dim() >= 2]
        stride = max(1, len(matrices) // TENSORS)
        self._followed = matrices[::stride][:TENSORS]
        self._weights: list[Tensor] = []
        self._change: list[Tensor] = []
        self._flips: collections.deque[float] = collections.deque(maxlen=20)
        self._first_step: int | None = None
        self.curve = Series()

    @torch.no_grad()
    def observe(self, step: int, readout: Readout) -> bool:
        """Take in the weights after a step; true where that completed a measurement."""
        weights = [_sample(parameter).clone() for parameter in self._followed]
        earlier, self._weights = self._weights, weights
        if not earlier or not weights:
            return False
        change = list(torch._foreach_sub(weights, earlier))
        previous, self._change = self._change, change
        if not previous:
            return False
        readout.add(_flipped(previous, change), lambda row: self._accept(step, row[0]))
        self._weights, self._change = [], []
        return True

    def _accept(self, step: int, share: float) -> None:
        self.curve.append(step, share)
        self._flips.append(share)

    @property
    def share(self) -> float:
        """Typical share of sign flips over the last measurements; NaN before the first."""
        return median(self._flips)

    def findings(self) -> Iterator[RuntimeFinding]:
        """Whether the updates oscillate."""
        if len(self._flips) >= MINIMUM and self.share > FLIPS:
            yield RuntimeFinding(
                "oscillation",
                Level.WARNING,
                f"{self.share:.0%} of the weights move back and forth from step to step",
                "lower the learning rate, or add momentum",
                code="TL709",
                step=self.curve.steps[-1],
                evidence={"sign flips": self.share},
            )


def _sample(parameter: Tensor) -> Tensor:
    flat = parameter.detach().reshape(-1)
    return flat[:: -(-flat.numel() // ENTRIES)]


def _flipped(previous: list[Tensor], change: list[Tensor]) -> Tensor:
    products = torch.cat([(a * b).float().sign() for a, b in zip(previous, change, strict=True)])
    moved = (products != 0).sum().clamp(min=1)
    return (products < 0).sum() / moved
