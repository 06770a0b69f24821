"""Stop when the validation metric stops improving."""

from __future__ import annotations

import math
from typing import Literal


class EarlyStopping:
    """Says when a metric has not improved for ``patience`` evaluations (Prechelt 1998, "Early stopping - but when?").

    ``min_delta`` is the least improvement that counts, in the metric's units; ``mode`` is ``"min"`` for losses and
    ``"max"`` for accuracies. A NaN counts as no improvement. ``state_dict`` and ``load_state_dict`` let it be kept in
    a checkpoint, so that a resumed run stops where the uninterrupted one would.

    Raises ``ValueError`` for a patience below 1, a negative ``min_delta`` or an unknown mode.
    """

    def __init__(self, patience: int = 5, *, min_delta: float = 0.0, mode: Literal["min", "max"] = "min") -> None:
        if patience < 1:
            raise ValueError(f"patience must be at least 1, not {patience}")
        if not min_delta >= 0:
            raise ValueError(f"min_delta must not be negative, but is {min_delta}")
        if mode not in ("min", "max"):
            raise ValueError(f'mode must be "min" or "max", not {mode!r}')
        self.patience = patience
        self.min_delta = min_delta
        self.mode = mode
        self.best = math.inf if mode == "min" else -math.inf
        self.best_evaluation: int | None = None
        self.evaluations = 0
        self.improved = False

    def step(self, metric: float) -> bool:
        """Take in one evaluation's metric; true where the training should stop now."""
        value = float(metric)
        gain = self.best - value if self.mode == "min" else value - self.best
        self.improved = gain > self.min_delta
        if self.improved:
            self.best, self.best_evaluation = value, self.evaluations
        self.evaluations += 1
        return self.should_stop

    @property
    def waited(self) -> int:
        """Evaluations since the best one."""
        best = -1 if self.best_evaluation is None else self.best_evaluation
        return self.evaluations - 1 - best

    @property
    def should_stop(self) -> bool:
        """Whether ``patience`` evaluations have passed without an improvement."""
        return self.waited >= self.patience

    def state_dict(self) -> dict[str, object]:
        """What must be kept to go on later: plain numbers."""
        return {"best": self.best, "best_evaluation": self.best_evaluation, "evaluations": self.evaluations}

    def load_state_dict(self, state: dict[str, object]) -> None:
        """Go on from ``state``. Raises ``KeyError`` where it is not one of :meth:`state_dict`."""
        best, index, evaluations = state["best"], state["best_evaluation"], state["evaluations"]
        if not isinstance(best, float) or not isinstance(evaluations, int):
            raise ValueError("not the state of an EarlyStopping")
        self.best, self.evaluations = best, evaluations
        self.best_evaluation = index if isinstance(index, int) else None
