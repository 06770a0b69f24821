"""A callback for Lightning's Trainer: ``Trainer(callbacks=[TrainlintCallback()])``. Needs ``lightning`` (or
``pytorch_lightning``)."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor

from ..findings import RuntimeFinding
from ..monitor.training import EVERY, TrainingMonitor
from ..sinks import Sink
from ..training_report import TrainingReport

if TYPE_CHECKING:
    from lightning.pytorch import Callback
else:
    try:
        from lightning.pytorch import Callback
    except ImportError:
        from pytorch_lightning import Callback


class TrainlintCallback(Callback):
    """Runs a :class:`~trainlint.runtime.TrainingMonitor` on every optimizer step of a fit.

    ``validation_metric`` is the logged metric that holds the validation loss. The report is in ``report`` when the fit
    is over, also one that failed, and is written to ``html`` where a path is given. ``print_report`` prints it on the
    first rank where something was found. Of several optimizers the first is watched.
    """

    def __init__(
        self,
        *,
        validation_metric: str = "val_loss",
        every: int = EVERY,
        html: str | os.PathLike[str] | None = None,
        print_report: bool = True,
        sinks: Iterable[Sink] = (),
        on_finding: Callable[[RuntimeFinding], object] | None = None,
    ) -> None:
        super().__init__()
        self._metric, self._every, self._html, self._print = validation_metric, every, html, print_report
        self._sinks, self._on_finding = tuple(sinks), on_finding
        self.monitor: TrainingMonitor | None = None
        self.report: TrainingReport | None = None

    def on_fit_start(self, trainer: Any, pl_module: Any) -> None:
        """Attach to the module and its optimizers."""
        optimizers = [getattr(optimizer, "optimizer", optimizer) for optimizer in trainer.optimizers]
        if not optimizers:
            return
        self.monitor = TrainingMonitor(
            _forwarder(pl_module),
            optimizers[:1],
            every=self._every,
            sinks=self._sinks,
            on_finding=self._on_finding,
        ).attach()

    def on_before_backward(self, trainer: Any, pl_module: Any, loss: Tensor) -> None:
        """Report the batch's loss, with its graph."""
        if self.monitor is not None and loss.numel() == 1:
            self.monitor.step(loss)

    def on_validation_end(self, trainer: Any, pl_module: Any) -> None:
        """Report the evaluation, but for the sanity check before the training."""
        value = trainer.callback_metrics.get(self._metric)
        if self.monitor is not None and value is not None and not trainer.sanity_checking:
            self.monitor.validate(float(value))

    def on_fit_end(self, trainer: Any, pl_module: Any) -> None:
        """Detach and report."""
        self._finish(trainer)

    def on_exception(self, trainer: Any, pl_module: Any, exception: BaseException) -> None:
        """Detach and report what led to the failure."""
        self._finish(trainer)

    def _finish(self, trainer: Any) -> None:
        monitor, self.monitor = self.monitor, None
        if monitor is None:
            return
        monitor.detach()
        self.report = monitor.report()
        if not trainer.is_global_zero:
            return
        if self._html is not None:
            self.report.to_html(self._html)
        if self._print and self.report.findings:
            print(self.report)  # noqa: T201 - asked for


def _forwarder(module: Any) -> torch.nn.Module:
    """The module whose forward the steps go through. A LightningModule is seldom called itself: its ``training_step``
    calls the network that it holds, which is watched where it is the only one."""
    children = [child for child in module.children() if any(True for _ in child.parameters())]
    overridden = any("forward" in vars(kind) for kind in _own_classes(module))
    if len(children) == 1 and not overridden and not any(True for _ in module.parameters(recurse=False)):
        only: torch.nn.Module = children[0]
        return only
    whole: torch.nn.Module = module
    return whole


def _own_classes(module: Any) -> list[type]:
    """The user's classes, down to the framework's."""
    classes = list(type(module).__mro__)
    return classes[: next(index for index, kind in enumerate(classes) if kind.__name__ == "LightningModule")]
