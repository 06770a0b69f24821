"""Central differences, their error, and the comparison with the analytic gradient, many entries to a forward."""

from __future__ import annotations

import enum
import math
import random
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from .probes import Probe
from .problem import Problem, Shift

# Probes that share one pair of forwards as long as all of them agree.
GROUP = 32
# A group that disagrees is tried with a smaller step, which gets by most kinks beside the point, before it is split.
GROUP_SCALES = (1.0, 1 / 16)
# A group must agree to this share of the tolerance.
GROUP_SHARE = 0.25
# Once so many entries of one tensor came out wrong (or at a kink), its other suspicious entries are not looked at.
ENOUGH = 2
# The steps tried for a suspicious entry, relative to the fitted one. The smallest serves losses like log x near zero.
LADDER = (1.0, 0.25, 1 / 16, 1 / 64, 1 / 1024)
# Two rungs down the ladder the step is 1/16: the one-sided slopes of a smooth function have come together to 1/16,
# those at a kink stay as far apart. This is half way between the two on a log scale.
KINK_PERSISTENCE = 0.25
# Estimates of rounding noise are themselves uncertain; a difference below so many times the noise says nothing.
NOISE_MARGIN = 4.0


class Outcome(enum.Enum):
    """How one probe came out."""

    AGREES = "agrees"
    TINY = "tiny"  # both gradients are too small to be told from rounding
    UNRESOLVED = "unresolved"  # the numeric gradient is too uncertain to contradict the analytic one
    KINK = "kink"
    DIFFERS = "differs"
    UNEXAMINED = "unexamined"  # suspicious, but its tensor had enough findings
    UNDEFINED = "undefined"  # the loss is not finite beside the point


@dataclass(frozen=True)
class Comparison:
    """One probe's analytic and numeric derivative, relative error |a-n|/(|a|+|n|), and one-sided slopes where known."""

    probe: Probe
    outcome: Outcome
    analytic: float
    numeric: float
    relative_error: float
    left: float | None = None
    right: float | None = None


def rounding_noise(problem: Problem, at: float, gradients: Sequence[Tensor | None]) -> float:
    """The standard error of the loss through rounding, around its value ``at`` this point.

    Of the forward: from third differences over steps far too small to matter (Hamming's difference table), at least
    one unit in the last place. Of the leaves: a shifted entry is a rounded sum, which the gradient passes on.
    """
    precision = _precision(problem)
    saved = [leaf.real.clone() for leaf in problem.leaves]
    values = []
    try:
        for _ in range(6):
            values.append(problem.evaluate())
            for leaf in problem.leaves:
                leaf.real.mul_(1 + 64 * precision)
    finally:
        for leaf, numbers in zip(problem.leaves, saved, strict=True):
            leaf.real.copy_(numbers)
    thirds = [values[i + 3] - 3 * values[i + 2] + 3 * values[i + 1] - values[i] for i in range(3)]
    # The coefficients 1, 3, 3, 1 multiply the variance of one value by 20.
    spread = math.sqrt(sum(third**2 for third in thirds) / len(thirds) / 20)
    least = precision * max(abs(at), torch.finfo(torch.float64).tiny)
    forward = max(spread, least) if math.isfinite(spread) else least
    return math.hypot(forward, precision / 4 * _sensitivity(problem, gradients))


def _sensitivity(problem: Problem, gradients: Sequence[Tensor | None]) -> float:
    """The change of the loss when every entry changes by a random share of itself, per share."""
    squares = (
        float((leaf.real * gradient).square().sum())
        for leaf, gradient in zip(problem.leaves, gradients, strict=True)
        if gradient is not None
    )
    return math.sqrt(sum(squares))


class Sweep:
    """Compares probes at one point, several to a forward; groups that disagree are split until the entry is found."""

    def __init__(self, problem: Problem, loss: float, noise: float, tolerance: float, tiny: float, seed: int) -> None:
        self.problem = problem
        self.loss = loss
        self.noise = noise
        self.tolerance = tolerance
        self.tiny = tiny
        self._signs = random.Random(seed)  # noqa: S311 - signs of steps, no secret
        self._found: Counter[int | None] = Counter()
        self.comparisons: list[Comparison] = []

    def run(self, probes: Sequence[Probe]) -> list[Comparison]:
        """Compare all of ``probes``; the comparisons come back in no particular order."""
        # Equal sizes go together, so that none is hidden behind the noise of a larger one.
        ordered = sorted(probes, key=lambda probe: abs(probe.predicted))
        for start in range(0, len(ordered), GROUP):
            self._group(ordered[start : start + GROUP])
        return self.comparisons

    def _group(self, probes: Sequence[Probe]) -> None:
        if len(probes) == 1:
            self._single(probes[0])
            return
        signs = [self._signs.choice((-1.0, 1.0)) for _ in probes]
        steps: list[_Step] = []
        for scale in GROUP_SCALES:
            if steps and not self._as_telling(probes, scale):
                break
            steps.append(self._joint(probes, signs, scale))
            error = self._joint_error(probes, signs, steps[-1])
            if error is not None and not self._hides_kink(probes, signs, steps[-1]):
                for probe in probes:
                    self._agreed(probe, error)
                return
        middle = len(probes) // 2
        self._group(probes[:middle])
        self._group(probes[middle:])

    def _joint_error(self, probes: Sequence[Probe], signs: Sequence[float], step: _Step) -> float | None:
        """The difference of a group's numeric and analytic change where it is small enough for every member, if the
        whole difference were its own; else ``None``."""
        predicted = sum(sign * probe.predicted for sign, probe in zip(signs, probes, strict=True))
        difference = abs(step.central - predicted)
        sizes = [abs(probe.predicted) for probe in probes]
        resolved = not any(self._is_tiny(probe, size, step.scale) for probe, size in zip(probes, sizes, strict=True))
        allowed = GROUP_SHARE * 2 * self.tolerance * min(sizes) if resolved else 0.0
        return difference if difference <= allowed + NOISE_MARGIN * self.noise / step.scale else None

    def _as_telling(self, probes: Sequence[Probe], scale: float) -> bool:
        """Whether the members that the full step resolves are resolved by this smaller one too."""
        sizes = ((probe, abs(probe.predicted)) for probe in probes)
        return all(self._is_tiny(probe, size) or not self._is_tiny(probe, size, scale) for probe, size in sizes)

    def _hides_kink(self, probes: Sequence[Probe], signs: Sequence[float], wide: _Step) -> bool:
        """Whether members without a gradient may stand at a kink with opposite slopes, which a central difference
        does not see."""
        if not any(self._is_tiny(probe, abs(probe.predicted)) for probe in probes):
            return False
        if abs(wide.right - wide.left) <= self._gap_floor(wide.scale):
            return False
        return self._persists(wide, self._joint(probes, signs, wide.scale / 16))

    def _joint(self, probes: Sequence[Probe], signs: Sequence[float], scale: float) -> _Step:
        shifts = [
            Shift(shift.leaf, shift.delta * sign, shift.index)
            for probe, sign in zip(probes, signs, strict=True)
            for shift in probe.shifts
        ]
        return self._differences(shifts, scale)

    def _agreed(self, probe: Probe, difference: float) -> None:
        slope = probe.predicted / probe.length
        if self._is_tiny(probe, abs(probe.predicted)):
            self._add(probe, Outcome.TINY, slope, slope, 0.0)
        else:
            self._add(probe, Outcome.AGREES, slope, slope, difference / (2 * abs(probe.predicted)))

    def _is_tiny(self, probe: Probe, change: float, scale: float = 1.0) -> bool:
        """Whether a change of the loss this small is lost in rounding at the tolerance, or below the absolute floor."""
        return change * self.tolerance * scale < self.noise or change <= self.tiny * abs(probe.length)

    def _single(self, probe: Probe) -> None:
        if self._found[probe.leaf] >= ENOUGH:
            self._add(probe, Outcome.UNEXAMINED, probe.predicted / probe.length, math.nan, math.nan)
            return
        steps = [self._differences(probe.shifts, scale) for scale in LADDER]
        usable = [step for step in steps if math.isfinite(step.central)]
        analytic = probe.predicted / probe.length
        if not usable:
            self._add(probe, Outcome.UNDEFINED, analytic, math.nan, math.nan)
            return
        best = min(usable, key=lambda step: self._error(step, usable))
        error = self._error(best, usable)
        total = abs(best.central) + abs(probe.predicted)
        relative = abs(best.central - probe.predicted) / total if total else 0.0
        outcome = self._judge(probe, usable, best, error, relative)
        if outcome in (Outcome.KINK, Outcome.DIFFERS):
            self._found[probe.leaf] += 1
        numeric, left, right = (value / probe.length for value in (best.central, best.left, best.right))
        self._add(probe, outcome, analytic, numeric, relative, left, right)

    def _judge(self, probe: Probe, steps: Sequence[_Step], best: _Step, error: float, relative: float) -> Outcome:
        at_kink = any(self._persists(wide, narrow) for wide, narrow in zip(steps, steps[2:], strict=False))
        if self._is_tiny(probe, (abs(best.central) + abs(probe.predicted)) / 2):
            return Outcome.KINK if at_kink else Outcome.TINY
        if relative <= self.tolerance:
            return Outcome.AGREES
        if at_kink:
            return Outcome.KINK
        if abs(best.central - probe.predicted) <= NOISE_MARGIN * error:
            return Outcome.UNRESOLVED
        return Outcome.DIFFERS

    def _error(self, step: _Step, steps: Sequence[_Step]) -> float:
        """What a central difference may be off: rounding, and the rest of its series, which falls with the square of
        the step and shows in the change from one step to another."""
        larger = [other for other in steps if other.scale > step.scale]
        smaller = [other for other in steps if other.scale < step.scale]
        rest = 0.0
        if larger:
            ratio = (larger[-1].scale / step.scale) ** 2
            rest = abs(step.central - larger[-1].central) / (ratio - 1)
        elif smaller:
            rest = abs(step.central - smaller[0].central)
        return rest + self.noise / step.scale

    def _persists(self, wide: _Step, narrow: _Step) -> bool:
        """Whether the one-sided slopes stay apart while the step shrinks, by more than the noise explains."""
        gap = abs(narrow.right - narrow.left)
        slopes = abs(narrow.right) + abs(narrow.left)
        apart = gap > KINK_PERSISTENCE * abs(wide.right - wide.left)
        return apart and gap > self._gap_floor(narrow.scale) and gap > self.tolerance * slopes

    def _gap_floor(self, scale: float) -> float:
        return NOISE_MARGIN * 2 * self.noise / scale

    def _differences(self, shifts: Sequence[Shift], scale: float) -> _Step:
        above = self.problem.shifted(shifts, scale)
        below = self.problem.shifted(shifts, -scale)
        return _Step(scale, (above - below) / (2 * scale), (self.loss - below) / scale, (above - self.loss) / scale)

    def _add(
        self,
        probe: Probe,
        outcome: Outcome,
        analytic: float,
        numeric: float,
        relative: float,
        left: float | None = None,
        right: float | None = None,
    ) -> None:
        self.comparisons.append(Comparison(probe, outcome, analytic, numeric, relative, left, right))


@dataclass(frozen=True)
class _Step:
    """Differences over one step, in change of the loss per fitted step: central, and from the left and the right."""

    scale: float
    central: float
    left: float
    right: float


def _precision(problem: Problem) -> float:
    return max(torch.finfo(leaf.real.dtype).eps for leaf in problem.leaves)
