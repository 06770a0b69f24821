"""Training against validation loss: overfitting, underfitting, validation data that the network cannot know."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator
from dataclasses import dataclass

from trainlint.findings import Level

from ..findings import RuntimeFinding
from .series import median, robust_spread, smoothed

MINIMUM = 3
"""Evaluations before a verdict."""

DIVERGENCE = 1.25
"""Validation loss over its best, smoothed, that counts as rising, if the training loss falls meanwhile. Below a
quarter the curves of healthy runs part as well."""

GAP = 0.25
"""Distance of validation from training loss, as a share of what the untrained network loses: a network that has
learnt its training data and leaves a quarter of the loss of guessing on held-out data has memorised."""

LEARNT = 0.8
"""Share of the untrained network's loss below which the training data is being learnt."""

AT_CHANCE = 0.95
"""Share of it above which held-out data is not."""

UNDERFIT = 0.5
"""Share of the untrained network's loss that both losses may keep before they count as high."""


@dataclass(frozen=True, slots=True)
class Evaluation:
    """One evaluation: the step, the validation loss, and the mean training loss since the evaluation before."""

    step: int
    validation: float
    training: float


class ValidationMonitor:
    """Watches validation against training loss, one pair an evaluation.

    ``initial`` is the loss of the untrained network (or of guessing), the scale that gaps are measured on; without it
    the first training loss serves.
    """

    def __init__(self, initial: float | None = None) -> None:
        self.initial = initial
        self.evaluations: list[Evaluation] = []

    def observe(self, step: int, validation: float, training: float = math.nan) -> None:
        """Take in the losses of one evaluation."""
        self.evaluations.append(Evaluation(step, validation, training))

    @property
    def best(self) -> Evaluation | None:
        """The evaluation with the lowest finite validation loss."""
        known = [evaluation for evaluation in self.evaluations if math.isfinite(evaluation.validation)]
        return min(known, key=lambda evaluation: evaluation.validation, default=None)

    @property
    def best_epoch(self) -> int | None:
        """Index of the best evaluation, from 0."""
        best = self.best
        return None if best is None else self.evaluations.index(best)

    @property
    def scale(self) -> float:
        """The untrained network's loss."""
        if self.initial is not None and math.isfinite(self.initial):
            return abs(self.initial)
        return abs(median([evaluation.training for evaluation in self.evaluations[:1]]))

    def findings(self) -> Iterator[RuntimeFinding]:
        """The verdict on the curves so far: at most one."""
        if len(self.evaluations) < MINIMUM:
            return
        validation = smoothed([evaluation.validation for evaluation in self.evaluations])
        training = smoothed([evaluation.training for evaluation in self.evaluations])
        verdict = self._broken(validation, training) or self._overfitting(validation, training)
        verdict = verdict or self._underfitting(validation, training)
        if verdict is not None:
            yield verdict

    def _broken(self, validation: list[float], training: list[float]) -> RuntimeFinding | None:
        """Held-out data never does better than untrained although the training loss falls."""
        learnt = training[-1] < LEARNT * self.scale
        if not learnt or min(validation) < AT_CHANCE * self.scale:
            return None
        return self._finding(
            "validation-at-chance",
            Level.WARNING,
            f"training loss fell to {training[-1]:.3g}, but validation never did better ({min(validation):.3g}) "
            f"than the untrained network ({self.scale:.3g})",
            "validation targets or preprocessing do not match those of training, or there is nothing to learn but "
            "noise (shuffled targets)",
            validation,
            training,
        )

    def _overfitting(self, validation: list[float], training: list[float]) -> RuntimeFinding | None:
        best = min(range(len(validation)), key=validation.__getitem__)
        noise = robust_spread([b - a for a, b in itertools.pairwise(validation)])
        rising = len(validation) - 1 - best >= MINIMUM and validation[-1] > DIVERGENCE * validation[best] + 2 * noise
        # The rise must matter on the scale of the problem: late in a good run the loss is tiny and wanders.
        rising = rising and validation[-1] - validation[best] > 0.1 * self.scale and training[-1] < training[best]
        gap = validation[-1] - training[-1]
        memorised = gap > GAP * self.scale and validation[-1] > 4 * training[-1]
        if not rising and not memorised:
            return None
        detail = (
            f"validation loss rose from {validation[best]:.3g} to {validation[-1]:.3g} while training loss fell"
            if rising
            else f"training loss is {training[-1]:.3g}, validation loss {validation[-1]:.3g}"
        )
        return self._finding(
            "overfitting",
            Level.WARNING,
            f"{detail}; best evaluation: number {best + 1}",
            "more data or augmentation, stronger regularisation, a smaller network, or early stopping",
            validation,
            training,
            code="TL802",
        )

    def _underfitting(self, validation: list[float], training: list[float]) -> RuntimeFinding | None:
        close = abs(validation[-1] - training[-1]) < 0.2 * self.scale
        high = min(validation[-1], training[-1]) > UNDERFIT * self.scale
        half = len(training) // 2
        still = training[half] - training[-1] < 0.05 * self.scale
        if not (close and high and still and len(training) >= 2 * MINIMUM):
            return None
        return self._finding(
            "underfitting",
            Level.ADVICE,
            f"both losses stay high (training {training[-1]:.3g}, validation {validation[-1]:.3g})",
            "a larger network, less regularisation, or a better learning rate",
            validation,
            training,
            code="TL802",
        )

    def _finding(
        self,
        name: str,
        level: Level,
        message: str,
        advice: str,
        validation: list[float],
        training: list[float],
        code: str | None = None,
    ) -> RuntimeFinding:
        evidence = {"training": training[-1], "validation": validation[-1], "untrained": self.scale}
        step = self.evaluations[-1].step
        return RuntimeFinding(name, level, message, advice, code, step, symptom=True, evidence=evidence)
