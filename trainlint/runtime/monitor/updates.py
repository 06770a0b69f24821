"""What the optimizer really changes: the size of each update relative to the weights, measured around its step."""

from __future__ import annotations

import collections
import math
from collections.abc import Iterator, Mapping

import torch
from torch import Tensor, nn

from trainlint.findings import Level

from ..findings import RuntimeFinding
from .gradients import listed
from .norms import norms
from .readout import Readout
from .series import Series, median

RULE_OF_THUMB = 1e-3
"""Updates should be about this share of the weights (Common Practices, Part 1, P21)."""

TOO_LARGE = 100 * RULE_OF_THUMB
"""A tenth of the weights replaced in every step: what was learnt ten steps ago is gone."""

TOO_SMALL = 1e-2 * RULE_OF_THUMB
"""At this size 100,000 steps change the weights once. Only said of a loss that does not fall."""

COLLAPSE = 0.05
"""Share of its initial norm that decay may leave of the weights."""

SAMPLE = 8192
"""Entries of a tensor that are compared; larger tensors are sampled at a regular stride."""

MINIMUM = 5
"""Measurements before a verdict."""

LEAST_STEPS = 50
"""Steps before large updates are too large: a shorter run has to go all the way from its initialisation to a solution,
which lies as far off as the weights are large."""


class UpdateMonitor:
    """Watches |dw|/|w| of each tensor by comparing it before and after the optimizer's step.

    So momentum, Adam's scaling, weight decay and parameters that the optimizer does not hold are all seen as they are.
    Tensors of more than :data:`SAMPLE` entries are compared on a regular sample, from which the ratio is estimated.
    """

    def __init__(self, parameters: Mapping[str, nn.Parameter]) -> None:
        self.names = list(parameters)
        self._parameters = list(parameters.values())
        self._matrices = [index for index, p in enumerate(self._parameters) if p.dim() >= 2]
        self.ratios = [Series(capacity=256) for _ in self.names]
        self.typical = Series()
        self.unchanged = [0] * len(self.names)
        self.measurements = 0
        self.first_norms: list[float] = []
        self.last_norms: list[float] = []
        self._recent: collections.deque[float] = collections.deque(maxlen=20)
        self._groups: list[list[int]] = []
        self._before: list[Tensor] = []
        self._step = 0

    @torch.no_grad()
    def before(self) -> None:
        """Keep the weights as they are before the optimizer's step."""
        self._groups = _by_kind(self._parameters)
        self._before = [self._samples(group) for group in self._groups]

    @torch.no_grad()
    def after(self, step: int, readout: Readout) -> None:
        """Queue the norms of weights and updates after the optimizer's step. Does nothing without :meth:`before`."""
        before, self._before = self._before, []
        if not before:
            return
        weights: list[Tensor] = []
        changes: list[Tensor] = []
        for group, old in zip(self._groups, before, strict=True):
            sizes = [_sample_size(self._parameters[index]) for index in group]
            weights += old.split(sizes)  # type: ignore[no-untyped-call]
            changes += (self._samples(group) - old).split(sizes)  # type: ignore[no-untyped-call]
        order = [index for group in self._groups for index in group]
        readout.add(norms([*weights, *changes]), lambda row: self._accept(step, _sorted_back(row, order)))

    def _samples(self, group: list[int]) -> Tensor:
        return torch.cat([sampled(self._parameters[index]) for index in group])

    def _accept(self, step: int, row: list[float]) -> None:
        weights, updates = row[: len(self.names)], row[len(self.names) :]
        if not all(map(math.isfinite, row)):
            return
        self._step = step
        self.measurements += 1
        self.first_norms = self.first_norms or weights
        self.last_norms = weights
        for index, (weight, update) in enumerate(zip(weights, updates, strict=True)):
            self.unchanged[index] += update == 0.0
            if weight > 0:
                self.ratios[index].append(step, update / weight)
        changed = [
            updates[index] / weights[index] for index in self._matrices if weights[index] > 0 and updates[index] > 0
        ]
        typical = median(changed, 0.0)
        self.typical.append(step, typical)
        self._recent.append(typical)

    @property
    def ratio(self) -> float:
        """Typical update relative to the weights over the last measurements; NaN before the first."""
        return median(self._recent)

    @property
    def largest_ratio(self) -> float:
        """Typical update relative to the weights where it was largest in the run, smoothed over five measurements."""
        values = self.typical.values
        return max((median(values[end - 5 : end]) for end in range(5, len(values) + 1)), default=self.ratio)

    @property
    def shrinkage(self) -> float:
        """Norm of all weight matrices now over their norm at the first measurement."""
        first = math.hypot(*(self.first_norms[index] for index in self._matrices)) if self.first_norms else 0.0
        last = math.hypot(*(self.last_norms[index] for index in self._matrices)) if self.last_norms else 0.0
        return last / first if first > 0 else 1.0

    def never_changed(self) -> list[str]:
        """Tensors that no measured step changed, at least :data:`MINIMUM` of them."""
        if self.measurements < MINIMUM:
            return []
        return [name for name, count in zip(self.names, self.unchanged, strict=True) if count == self.measurements]

    def findings(self) -> Iterator[RuntimeFinding]:
        """Verdicts that need no other monitor: updates that are far too large. The rest is for the diagnosis."""
        if self.measurements >= MINIMUM and self._step >= LEAST_STEPS and self.ratio > TOO_LARGE:
            worst = max(self._matrices, key=lambda index: median(self.ratios[index].values, 0.0))
            yield RuntimeFinding(
                "learning-rate-out-of-range",
                Level.WARNING,
                f"each step changes the weights by {self.ratio:.1%} of their size; about 0.1% is usual",
                "lower the learning rate (find_learning_rate)",
                code="TL709",
                step=self._step,
                where=self.names[worst],
                evidence={"update over weights": self.ratio},
            )


def sampled(parameter: Tensor) -> Tensor:
    """At most :data:`SAMPLE` entries of ``parameter`` at a regular stride, flat; a view where memory allows."""
    flat = parameter.detach().reshape(-1)
    stride = _stride(parameter)
    return flat[::stride] if stride > 1 else flat


def _stride(parameter: Tensor) -> int:
    return max(1, -(-parameter.numel() // SAMPLE))


def _sample_size(parameter: Tensor) -> int:
    return -(-parameter.numel() // _stride(parameter))


def _by_kind(parameters: list[nn.Parameter]) -> list[list[int]]:
    """Indices of tensors that one device holds in one type, so that they can be laid side by side."""
    groups: dict[tuple[torch.device, torch.dtype], list[int]] = {}
    for index, parameter in enumerate(parameters):
        groups.setdefault((parameter.device, parameter.dtype), []).append(index)
    return list(groups.values())


def _sorted_back(row: list[float], order: list[int]) -> list[float]:
    """``row``, the weights' and then the changes' norms in ``order``, in the order of the parameters."""
    count = len(order)
    back = sorted(range(count), key=order.__getitem__)
    return [row[index] for index in back] + [row[count + index] for index in back]


def unchanged_finding(names: list[str], step: int, reason: str, advice: str) -> RuntimeFinding:
    """A finding about tensors that get gradients and stay as they are."""
    return RuntimeFinding(
        "weights-unchanged",
        Level.WARNING,
        f"{listed(names)} got gradients and never changed: {reason}",
        advice,
        step=step,
        where=names[0],
    )
