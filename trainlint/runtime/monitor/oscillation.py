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
        self._weights: Tensor | None = None
        self._change: Tensor | None = None
        self._flips: collections.deque[float] = collections.deque(maxlen=20)
        self._first_step: int | None = None
        self.curve = Series()

    @torch.no_grad()
    def observe(self, step: int, readout: Readout) -> bool:
        """Take in the weights after a step; true where that completed a measurement."""
        if not self._followed:
            return True
        home = self._followed[0].device
        weights = torch.cat([_sample(parameter).to(home) for parameter in self._followed])
        earlier, self._weights = self._weights, weights
        if earlier is None:
            return False
        change = weights - earlier
        previous, self._change = self._change, change
        if previous is None:
            return False
        readout.add(_flipped(previous, change), lambda row: self._accept(step, row[0]))
        self._weights = self._change = None
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


def _flipped(previous: Tensor, change: Tensor) -> Tensor:
    signs = previous.sign() * change.sign()  # their product could underflow
    return (signs < 0).sum() / (signs != 0).sum().clamp(min=1)
