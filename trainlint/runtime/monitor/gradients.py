"""Gradient norms by tensor: missing, zero, not finite, vanishing or exploding through the depth, clipped."""

from __future__ import annotations

import collections
import math
from collections.abc import Iterator, Mapping, Sequence

from torch import Tensor, nn

from trainlint.findings import Level

from ..findings import RuntimeFinding
from .norms import norms
from .readout import Readout
from .series import Series, median, robust_spread

VANISHING = 1e-4
"""Gradient of the first layers over that of the last, root mean squares, below which the first layers stand still.
A sigmoid passes at most a quarter of the gradient on (Glorot and Bengio 2010): seven of them reach this."""

EXPLODING = 1e4
"""The same ratio the other way round."""

GROWTH = 1000.0
"""Growth of the whole gradient's norm over its first measurements: training makes gradients smaller, not larger."""

MINIMUM = 5
"""Measurements before a verdict."""

CLIPPED_STEPS = 0.9
CLIPPED_TO = 0.01
"""Clipping that in nine of ten steps leaves a hundredth of the gradient or less sets the step size, not its bound."""

ROUNDING = 1e-6
"""Share of the whole gradient's norm below which a tensor's gradient is what rounding leaves of zero: eight times the
precision of float32. A bias in front of a normalisation has no gradient, and gets one of this size."""

NAMED = 4
"""Tensors that a message names before it counts the rest."""


class GradientMonitor:
    """Watches the norms of gradients; ``parameters`` maps names to tensors in the order of the forward.

    ``measure`` is called between the backward and the step, ``observe_clipping`` with the factor that clipping left.
    """

    def __init__(self, parameters: Mapping[str, nn.Parameter]) -> None:
        self.names = list(parameters)
        self._parameters = list(parameters.values())
        self._matrices = [index for index, p in enumerate(self._parameters) if p.dim() >= 2]
        self.total = Series()
        self.clipping = Series()
        self.measurements = 0
        self.missing = [0] * len(self.names)
        self.zero = [0] * len(self.names)
        self.rounding = [0] * len(self.names)
        self.non_finite: tuple[int, list[str]] | None = None
        self._depth_ratios: collections.deque[float] = collections.deque(maxlen=40)
        self._scale = 1.0
        self._step = 0

    def measure(self, step: int, readout: Readout, *, loss_scale: float = 1.0) -> None:
        """Queue the norms of all gradients; ``loss_scale`` is what they are still multiplied by."""
        indices: list[int] = []
        gradients: list[Tensor] = []
        for index, parameter in enumerate(self._parameters):
            gradient = parameter.grad
            if gradient is None:
                self.missing[index] += 1
                continue
            indices.append(index)
            gradients.append(gradient.coalesce().values() if gradient.is_sparse else gradient)
        self.measurements += 1
        self._step, self._scale = step, loss_scale
        if gradients:
            readout.add(norms(gradients), lambda values: self._accept(step, indices, values))

    def observe_clipping(self, step: int, factor: float) -> None:
        """Take in the factor that clipping multiplied the gradients by: 1 where nothing was clipped."""
        self.clipping.append(step, factor)

    def _accept(self, step: int, indices: list[int], values: list[float]) -> None:
        whole = math.sqrt(sum(value * value for value in values))
        total = whole / self._scale
        self.total.append(step, total)
        if not math.isfinite(total):
            bad = [self.names[index] for index, norm in zip(indices, values, strict=True) if not math.isfinite(norm)]
            if bad and self.non_finite is None:
                self.non_finite = (step, bad)
            return
        by_index = dict(zip(indices, values, strict=True))
        for index, norm in by_index.items():
            self.zero[index] += norm == 0.0
            self.rounding[index] += norm <= ROUNDING * whole
        if self.measurements > 1:  # layers that start at zero pass nothing on in the first step
            self._observe_depth(by_index)

    def _observe_depth(self, by_index: dict[int, float]) -> None:
        present = [index for index in self._matrices if index in by_index]
        sizes = [by_index[index] / math.sqrt(self._parameters[index].numel()) for index in present]
        if len(sizes) < 4:
            return
        quarter = max(1, len(sizes) // 4)
        first, last = median(sizes[:quarter]), median(sizes[-quarter:])
        if first > 0 and last > 0:
            self._depth_ratios.append(first / last)

    @property
    def depth_ratio(self) -> float:
        """Typical gradient of the first over that of the last layers; NaN where it cannot be told."""
        return median(self._depth_ratios)

    def never_present(self) -> list[str]:
        """Tensors that had no gradient in any measurement, at least :data:`MINIMUM` of them."""
        return self._always(self.missing)

    def always_zero(self) -> list[str]:
        """Tensors whose gradient was exactly zero in every measurement."""
        return self._always(self.zero)

    def always_rounding(self) -> list[str]:
        """Tensors whose gradient was never more than the rounding of the others' (:data:`ROUNDING`)."""
        return self._always(self.rounding)

    def _always(self, counts: Sequence[int]) -> list[str]:
        if self.measurements < MINIMUM:
            return []
        return [name for name, count in zip(self.names, counts, strict=True) if count == self.measurements]

    def clipped_fraction(self) -> float:
        """Share of the measured steps in which the gradients were clipped; NaN where none was measured."""
        factors = self.clipping.values
        return sum(factor < 0.999 for factor in factors) / len(factors) if factors else math.nan

    def findings(self) -> Iterator[RuntimeFinding]:
        """What is wrong with the gradients so far."""
        if self.non_finite is not None:
            step, names = self.non_finite
            yield RuntimeFinding(
                "non-finite-gradient",
                Level.ERROR,
                f"the gradient of {listed(names)} is NaN or infinite",
                "find the operation with torch.autograd's anomaly mode: square roots, norms and logarithms at zero",
                step=step,
                where=names[-1],
                symptom=True,
            )
        yield from self._depth()
        yield from self._growth()
        yield from self._clipping()

    def _depth(self) -> Iterator[RuntimeFinding]:
        if len(self._depth_ratios) < MINIMUM:
            return
        ratio = self.depth_ratio
        first, last = self.names[self._matrices[0]], self.names[self._matrices[-1]]
        evidence = {"first over last": ratio}
        if ratio < VANISHING:
            yield RuntimeFinding(
                "vanishing-gradient",
                Level.WARNING,
                f"gradients shrink to {ratio:.1e} of their size from the last layers ({last}) to the first ({first})",
                "rectified units instead of sigmoids, normalisation layers, residual connections, larger weights",
                step=self._step,
                where=first,
                evidence=evidence,
            )
        elif ratio > EXPLODING:
            yield RuntimeFinding(
                "exploding-gradient",
                Level.WARNING,
                f"gradients grow {ratio:.1e} times between the last layers ({last}) and the first ({first})",
                "a smaller initialisation, normalisation layers, or clipped gradients",
                step=self._step,
                where=first,
                evidence=evidence,
            )

    def _growth(self) -> Iterator[RuntimeFinding]:
        values = self.total.values
        if len(values) < 2 * MINIMUM:
            return
        start, end = median(values[:MINIMUM]), median(values[-MINIMUM:])
        if start > 0 and end > GROWTH * start:
            yield RuntimeFinding(
                "exploding-gradient",
                Level.WARNING,
                f"the gradient's norm grew from {start:.3g} to {end:.3g}",
                "lower the learning rate or clip the gradients",
                step=self._step,
                symptom=True,
                evidence={"first": start, "last": end},
            )

    def _clipping(self) -> Iterator[RuntimeFinding]:
        if len(self.clipping) < MINIMUM:
            return
        factor = median(self.clipping.values)
        # One and the same factor in every step is the scale of a gradient scaler, not clipping.
        varies = robust_spread(self.clipping.values) > 0.001 * factor
        if self.clipped_fraction() >= CLIPPED_STEPS and factor < CLIPPED_TO and varies:
            yield RuntimeFinding(
                "clipping-too-tight",
                Level.WARNING,
                f"clipping leaves {factor:.1e} of the gradient in {self.clipped_fraction():.0%} of the steps",
                "set the bound near the norms that are usual for this network, to cut outliers only",
                step=self._step,
                evidence={"clipped steps": self.clipped_fraction(), "factor": factor},
            )


def listed(names: Sequence[str]) -> str:
    """``a, b, c`` or ``a, b, c, d and 12 more``."""
    shown = ", ".join(names[:NAMED])
    return shown if len(names) <= NAMED else f"{shown} and {len(names) - NAMED} more"
