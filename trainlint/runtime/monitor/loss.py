"""The training loss: not a number, exploding, jumping, standing still, noisy."""

from __future__ import annotations

import collections
import itertools
import math
from collections.abc import Iterator

from trainlint.findings import Level

from ..findings import RuntimeFinding
from .series import Series, finite, median, robust_spread

WINDOW = 50
"""Steps that the running statistics look back on."""

EXPLOSION = 3.0
"""A loss that stays above this multiple of where it began has exploded: guessing costs what the beginning costs
(Common Practices, Part 1, P12 and P15), and a network that knows nothing cannot stay three times as wrong by chance."""

SPIKE_DEVIATIONS = 10.0
"""Robust standard deviations above the running median that make a value a spike; for normal noise one value in
10^23 lies there. A spike must also be half the initial loss high, since a converged loss has a heavy tail."""

MANY_SPIKES = 3

NO_PROGRESS = 0.97
"""A loss that after :data:`PATIENCE` steps or more is still above this share of its beginning has learnt nothing."""

PATIENCE = 100

NOISE = 0.5
"""Noise of half the loss's own level, step to step: the batch is too small to see progress (P16)."""


class LossMonitor:
    """Watches the training loss, one value a step.

    ``observe`` takes the step and the loss as numbers. The verdicts use medians, so that one odd batch moves nothing.
    """

    def __init__(self, untrained: float | None = None) -> None:
        self.untrained = untrained
        """Loss of the untrained network, or of guessing, where it is known."""
        self.curve = Series()
        self.non_finite_step: int | None = None
        self.explosion_step: int | None = None
        self.spikes: list[int] = []
        self.first = math.nan
        self.initial = math.nan
        """Level at which the loss began: the median of the first five finite values, NaN before the first."""
        self._start: list[float] = []
        self._window: collections.deque[float] = collections.deque(maxlen=WINDOW)
        self._noise = Series()
        self._above = 0
        self._count = 0
        self._step = 0
        self._level = math.nan
        self._lowest = math.inf

    @property
    def start(self) -> float:
        """The first loss, or the first five's level where that is lower: a first step may have made all worse. A run that
        goes on from a checkpoint starts below :attr:`untrained`, which then counts."""
        begun = min(self.first, self.initial) if math.isfinite(self.first) else self.initial
        return begun if self.untrained is None else max(begun, self.untrained)

    @property
    def scale(self) -> float:
        """What a loss is large or small by: the level at which it began, or :attr:`untrained` where that is higher."""
        return self.initial if self.untrained is None else max(self.initial, self.untrained)

    @property
    def recent(self) -> float:
        """Median of the last :data:`WINDOW` values."""
        return median(self._window)

    def observe(self, step: int, loss: float) -> None:
        """Take in the loss of one step."""
        self._step = step
        self.first = loss if self._count == 0 else self.first
        self._count += 1
        self.curve.append(step, loss)
        if not math.isfinite(loss):
            if self.non_finite_step is None:
                self.non_finite_step = step
            return
        if len(self._start) < 5:
            self._start.append(loss)
            self.initial = median(self._start)
        if self._count % 5 == 1:
            self._level = self.recent
            if len(self._window) >= 10:
                self._lowest = min(self._lowest, self._level)
        if self._count >= WINDOW and self._count % (WINDOW // 2) == 0:
            self._noise.append(step, robust_spread(_differences(self._window)) / math.sqrt(2))
        self._judge_level(step, loss)
        self._window.append(loss)

    def _judge_level(self, step: int, loss: float) -> None:
        scale = self.scale
        high = scale > 0 and loss > EXPLOSION * scale
        self._above = self._above + 1 if high else max(0, self._above - 2)
        if self._above >= WINDOW // 2 and self.explosion_step is None:
            self.explosion_step = step
        # A jump is measured against the recent level; the untrained loss gives the scale that a jump must have.
        tall = loss > self._level + 0.5 * abs(scale)
        if tall and len(self._window) >= 20 and self._is_outlier(loss):
            self.spikes.append(step)

    def _is_outlier(self, loss: float) -> bool:
        return loss > self.recent + SPIKE_DEVIATIONS * robust_spread(list(self._window))

    def findings(self) -> Iterator[RuntimeFinding]:
        """What is wrong with the curve so far."""
        if self.non_finite_step is not None:
            yield self._non_finite()
            return
        if self._runs_off_below():
            yield self._unbounded()
            return
        if self.explosion_step is not None or self._ends_exploded():
            yield self._explosion()
            return
        if len(self.spikes) >= MANY_SPIKES:
            yield self._spiky()
        yield from self._stagnation()
        noise = self.noise()
        if noise > NOISE:
            yield self._noisy(noise)

    def noise(self) -> float:
        """Typical step-to-step noise as a share of the initial loss; NaN before :data:`WINDOW` steps."""
        return median(self._noise.values) / abs(self.scale) if self._noise and self.scale else math.nan

    def _runs_off_below(self) -> bool:
        # Densities may make a likelihood negative; a loss that falls below ten times its own scale has no floor.
        return self._count >= 20 and self.recent < -10 * max(1.0, abs(self.initial))

    def _ends_exploded(self) -> bool:
        enough = len(self._window) >= 10 and self.scale > 0
        return enough and median(list(self._window)[-10:]) > EXPLOSION * self.scale

    def _evidence(self) -> dict[str, object]:
        return {"initial loss": self.initial, "recent loss": self.recent, "steps": self._count}

    def _non_finite(self) -> RuntimeFinding:
        return RuntimeFinding(
            "non-finite-loss",
            Level.ERROR,
            f"the loss became NaN or infinite at step {self.non_finite_step}",
            "look at this step's batch and at log, sqrt, division and exp of extreme values; torch.autograd's anomaly "
            "mode names the operation; a smaller learning rate or clipped gradients help against overflow",
            code="TL803",
            step=self.non_finite_step,
            symptom=True,
            evidence={"initial loss": self.initial, "loss before": self.recent},
        )

    def _unbounded(self) -> RuntimeFinding:
        return RuntimeFinding(
            "unbounded-loss",
            Level.ERROR,
            f"the loss falls without a floor (from {self.initial:.3g} to {self.recent:.3g})",
            "a loss that is minimised needs a lower bound; is its sign flipped?",
            step=self._step,
            symptom=True,
            evidence=self._evidence(),
        )

    def _explosion(self) -> RuntimeFinding:
        return RuntimeFinding(
            "loss-explosion",
            Level.ERROR,
            f"the loss rose from {self.initial:.3g} to {self.recent:.3g}",
            "the learning rate is too high, the gradients are not zeroed, or the inputs are not scaled",
            step=self.explosion_step if self.explosion_step is not None else self._step,
            symptom=True,
            evidence=self._evidence(),
        )

    def _spiky(self) -> RuntimeFinding:
        return RuntimeFinding(
            "loss-spikes",
            Level.WARNING,
            f"the loss jumped {len(self.spikes)} times far out of its noise",
            "lower the learning rate, clip the gradients, or look at the batches of these steps",
            step=self.spikes[0],
            symptom=True,
            evidence={"first spikes at steps": self.spikes[:5], "initial loss": self.initial},
        )

    def _stagnation(self) -> Iterator[RuntimeFinding]:
        if self._count < PATIENCE or not self.initial > 0:
            return
        # A loss that fell and came back, as between adversaries, has learnt something.
        if min(self.recent, self._lowest) > NO_PROGRESS * self.start:
            yield RuntimeFinding(
                "loss-not-falling",
                Level.WARNING,
                f"after {self._count} steps the loss is {self.recent:.3g}, where it began at {self.start:.3g}",
                "check that a few samples can be overfitted (check_overfit), then the learning rate",
                step=self._step,
                symptom=True,
                evidence=self._evidence(),
            )
        elif self._on_plateau():
            yield RuntimeFinding(
                "loss-plateau",
                Level.ADVICE,
                f"the loss has stood still at {self.recent:.3g} for the last half of the run",
                "a lower learning rate, a larger model or less regularisation may go on from here",
                step=self._step,
                symptom=True,
                evidence=self._evidence(),
            )

    def _on_plateau(self) -> bool:
        values = finite(self.curve.values)
        half = values[len(values) // 2 :]
        quarter = len(half) // 2
        before, after = median(half[:quarter]), median(half[quarter:])
        return self.recent > 0.1 * self.start and abs(after - before) < 0.01 * self.start

    def _noisy(self, noise: float) -> RuntimeFinding:
        return RuntimeFinding(
            "noisy-loss",
            Level.ADVICE,
            f"from step to step the loss jumps by {noise:.0%} of its initial level",
            "a larger batch, or gradients of several batches accumulated, would show whether it falls",
            code="TL707",
            step=self._step,
            symptom=True,
            evidence={"noise": noise, "initial loss": self.initial},
        )


def _differences(values: collections.deque[float]) -> list[float]:
    row = list(values)
    return [later - earlier for earlier, later in itertools.pairwise(row)]
