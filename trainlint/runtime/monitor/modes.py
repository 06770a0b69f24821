"""Train and eval mode, and gradients, where they do not belong."""

from __future__ import annotations

from collections.abc import Iterator

from torch import nn

from trainlint.findings import Level

from ..findings import RuntimeFinding
from ..modes import batch_norms, dropouts

REPEATS = 3
"""Steps or forwards in the wrong mode before it is said: one may be a deliberate look."""


class ModeMonitor:
    """Compares the mode of each forward with what it was for.

    A forward that a backward follows was for training; those pending when :meth:`evaluated` is called were an
    evaluation. Nothing is said of networks whose layers do the same in both modes.
    """

    def __init__(self, model: nn.Module) -> None:
        self._mode_dependent = [*dropouts(model), *(type(norm).__name__ for norm in batch_norms(model))]
        self._pending: list[tuple[bool, bool]] = []
        self._last_was_training = True
        self._was_evaluated = False
        self.evaluations_in_train_mode = 0
        self.evaluations_with_gradient = 0
        self.steps_in_eval_mode = 0
        self.steps_in_train_mode = 0
        self.always_on_dropout: str | None = None
        self._eval_step: int | None = None
        self._evaluation_step = 0

    def forward(self, training: bool, gradient: bool) -> None:
        """Note the mode of one forward of the model, and whether gradients were tracked."""
        if len(self._pending) < REPEATS:
            self._pending.append((training, gradient))
        self._last_was_training = training

    def backward(self) -> None:
        """Note that the pending forwards were for training."""
        self._pending.clear()

    def stepped(self, step: int) -> None:
        """Note that the optimizer used the last forward."""
        self._pending.clear()
        if self._last_was_training:
            self.steps_in_train_mode += 1
            return
        self.steps_in_eval_mode += 1
        if self._eval_step is None:
            self._eval_step = step

    def evaluated(self, step: int) -> None:
        """Note that the pending forwards were an evaluation."""
        self._was_evaluated = True
        self._evaluation_step = step
        self.evaluations_in_train_mode += any(training for training, _ in self._pending)
        self.evaluations_with_gradient += any(gradient for _, gradient in self._pending)
        self._pending.clear()

    def findings(self) -> Iterator[RuntimeFinding]:
        """Modes that were wrong."""
        if self._mode_dependent and self.evaluations_in_train_mode:
            yield RuntimeFinding(
                "evaluation-in-train-mode",
                Level.ERROR,
                f"the model was evaluated in train mode, where {self._culprits()} act as in training",
                "call model.eval() before the evaluation and model.train() after it",
                code="TL504",
                step=self._evaluation_step,
                evidence={"evaluations": self.evaluations_in_train_mode},
            )
        if self._mode_dependent and self.steps_in_eval_mode >= REPEATS:
            yield self._trained_in_eval_mode()
        if self.evaluations_with_gradient:
            yield RuntimeFinding(
                "evaluation-tracks-gradients",
                Level.ADVICE,
                "an evaluation tracked gradients, which costs memory and time",
                "evaluate under torch.no_grad() or torch.inference_mode()",
                code="TL506",
                step=self._evaluation_step,
            )
        if self.always_on_dropout is not None:
            yield RuntimeFinding(
                "functional-dropout-always-on",
                Level.ERROR,
                f"{self.always_on_dropout} drops at random in eval mode as well",
                "pass training=self.training to the functional dropout, or use the module",
                code="TL508",
                where=self.always_on_dropout,
            )

    def _trained_in_eval_mode(self) -> RuntimeFinding:
        switched = self.steps_in_train_mode > 0 and self._was_evaluated
        reason = "an evaluation switched it and nothing switched it back" if switched else "it was never in train mode"
        return RuntimeFinding(
            "train-mode-not-restored",
            Level.ERROR,
            f"{self.steps_in_eval_mode} steps were made in eval mode, where {self._culprits()} do not train: {reason}",
            "call model.train() at the beginning of each epoch",
            code="TL505",
            step=self._eval_step,
            evidence={"steps in eval mode": self.steps_in_eval_mode, "in train mode": self.steps_in_train_mode},
        )

    def _culprits(self) -> str:
        kinds = list(dict.fromkeys(self._mode_dependent))
        return ", ".join(kinds[:3]) + (" and others" if len(kinds) > 3 else "")
