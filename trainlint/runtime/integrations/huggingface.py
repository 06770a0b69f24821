"""A callback for the Hugging Face Trainer, ``Trainer(..., callbacks=[TrainlintCallback()])``; needs ``transformers``."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from torch import Tensor, nn
from transformers import TrainerCallback

from ..batches import own_loss
from ..findings import RuntimeFinding
from ..monitor.hooks import Hook
from ..monitor.training import EVERY, TrainingMonitor
from ..sinks import Sink
from ..training_report import TrainingReport


class TrainlintCallback(TrainerCallback):
    """Runs a :class:`~trainlint.runtime.TrainingMonitor` on every optimizer step of ``trainer.train()``.

    The loss is taken from the model's outputs, the validation loss from ``eval_loss``. The report is in ``report`` when
    the training is over, and is written to ``html`` where a path is given. ``print_report`` prints it on the first
    process where something was found.
    """

    def __init__(
        self,
        *,
        every: int = EVERY,
        html: str | os.PathLike[str] | None = None,
        print_report: bool = True,
        sinks: Iterable[Sink] = (),
        on_finding: Callable[[RuntimeFinding], object] | None = None,
    ) -> None:
        self._every, self._html, self._print = every, html, print_report
        self._sinks, self._on_finding = tuple(sinks), on_finding
        self._loss: Tensor | None = None
        self._remove: Callable[[], None] | None = None
        self.monitor: TrainingMonitor | None = None
        self.report: TrainingReport | None = None

    def on_train_begin(self, args: Any, state: Any, control: Any, **kwargs: Any) -> None:
        """Attach to the model and the optimizer."""
        model: nn.Module = kwargs["model"]
        optimizer = kwargs["optimizer"]
        optimizer = getattr(optimizer, "optimizer", optimizer)  # Accelerate's wrapper
        self.monitor = TrainingMonitor(
            model, optimizer, every=self._every, sinks=self._sinks, on_finding=self._on_finding
        ).attach()
        self._remove = model.register_forward_hook(Hook(self._keep_loss)).remove

    def _keep_loss(self, module: nn.Module, args: Any, output: Any) -> None:
        loss = own_loss(output)
        if isinstance(loss, Tensor) and loss.requires_grad and loss.numel() == 1:
            self._loss = loss

    def on_substep_end(self, args: Any, state: Any, control: Any, **kwargs: Any) -> None:
        """Report the loss of a batch whose gradients are accumulated."""
        self._report_loss()

    def on_step_end(self, args: Any, state: Any, control: Any, **kwargs: Any) -> None:
        """Report the loss of the step's last batch."""
        self._report_loss()

    def _report_loss(self) -> None:
        loss, self._loss = self._loss, None
        if self.monitor is not None and loss is not None:
            self.monitor.step(loss)

    def on_evaluate(self, args: Any, state: Any, control: Any, **kwargs: Any) -> None:
        """Report the evaluation."""
        metrics: Mapping[str, float] = kwargs.get("metrics") or {}
        if self.monitor is not None and "eval_loss" in metrics:
            self.monitor.validate(metrics["eval_loss"])

    def on_train_end(self, args: Any, state: Any, control: Any, **kwargs: Any) -> None:
        """Detach and report."""
        monitor, self.monitor = self.monitor, None
        if self._remove is not None:
            self._remove()
        if monitor is None:
            return
        monitor.detach()
        self.report = monitor.report()
        if not state.is_world_process_zero:
            return
        if self._html is not None:
            self.report.to_html(self._html)
        if self._print and self.report.findings:
            print(self.report)  # noqa: T201 - asked for
