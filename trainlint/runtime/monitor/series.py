"""Curves of unbounded length in bounded memory, and the robust statistics that monitors judge them by."""

from __future__ import annotations

import math
import statistics
from collections.abc import Iterable, Sequence

CAPACITY = 2048
"""Points kept of one curve: more than a plot of a page's width can show."""


class Series:
    """The points (step, value) of one curve. From ``capacity`` points on, neighbours are averaged in pairs."""

    def __init__(self, points: Iterable[tuple[int, float]] = (), *, capacity: int = CAPACITY) -> None:
        self.steps: list[int] = []
        self.values: list[float] = []
        self._capacity = capacity
        self._per_point = 1
        self._pending: list[float] = []
        for step, value in points:
            self.append(step, value)

    def append(self, step: int, value: float) -> None:
        """Add one value; it shows once the values that share its point are complete."""
        self._pending.append(value)
        if len(self._pending) < self._per_point:
            return
        self.steps.append(step)
        self.values.append(sum(self._pending) / len(self._pending))
        self._pending.clear()
        if len(self.values) >= self._capacity:
            self._halve()

    def __len__(self) -> int:
        return len(self.values)

    def __bool__(self) -> bool:
        return bool(self.values)

    def points(self) -> list[tuple[int, float]]:
        """All points, oldest first."""
        return list(zip(self.steps, self.values, strict=True))

    def _halve(self) -> None:
        pairs = range(0, len(self.values) - 1, 2)
        self.values = [(self.values[i] + self.values[i + 1]) / 2 for i in pairs]
        self.steps = [self.steps[i + 1] for i in pairs]
        self._per_point *= 2


def finite(values: Iterable[float]) -> list[float]:
    """The finite ones of ``values``."""
    return [value for value in values if math.isfinite(value)]


def median(values: Iterable[float], default: float = math.nan) -> float:
    """The median of the finite values, ``default`` where there are none."""
    kept = finite(values)
    return statistics.median(kept) if kept else default


def robust_spread(values: Sequence[float]) -> float:
    """Standard deviation estimated from the median absolute deviation, which single outliers do not move.

    The factor 1.4826 makes it consistent for the normal distribution (Hampel 1974).
    """
    kept = finite(values)
    if not kept:
        return 0.0
    centre = statistics.median(kept)
    return 1.4826 * statistics.median(abs(value - centre) for value in kept)


def smoothed(values: Sequence[float], width: int = 3) -> list[float]:
    """Running median over the last ``width`` values, as long as ``values``."""
    return [median(values[max(0, end - width) : end], values[end - 1]) for end in range(1, len(values) + 1)]
