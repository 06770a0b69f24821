"""The training monitor, attached to what trains once the first step shows it."""

from __future__ import annotations

from typing import Any

from torch import Tensor, nn

from ..findings import RuntimeFinding
from ..monitor.training import TrainingMonitor
from ..training_report import Summary
from .recorder import Recorder


class Numbers:
    """One monitor of the network that the first optimizer steps. Where several networks have optimizers of their own, no
    loss can be told to be whose: then nothing is said about numbers."""

    def __init__(self, recorder: Recorder) -> None:
        self._recorder = recorder
        self._monitor: TrainingMonitor | None = None
        self._loss: Tensor | None = None
        self._optimizers: list[Any] = []
        self.note: str | None = None
        recorder.on_backward.append(self._backward)
        recorder.on_step.append(self._step)

    def _backward(self, loss: Tensor) -> None:
        if self._monitor is None:
            self._loss = loss if loss.numel() == 1 else None
        elif loss.numel() == 1 and self._monitor.attached:
            self._monitor.step(loss)

    def _step(self, optimizer: Any) -> None:
        if self.note is not None or any(optimizer is known for known in self._optimizers):
            return
        self._optimizers.append(optimizer)
        if len(self._optimizers) > 1:
            self.note = "several optimizers step: the numbers of the training were not watched"
            self.close()
            self._monitor = None
            return
        model = self._model(optimizer)
        if model is None:
            self.note = "no network was seen that the optimizer steps: the numbers of the training were not watched"
            return
        self._monitor = TrainingMonitor(model, optimizer).attach()
        loss, self._loss = self._loss, None
        if loss is not None:
            self._monitor.step(loss)

    def _model(self, optimizer: Any) -> nn.Module | None:
        held = {id(p) for group in optimizer.param_groups for p in group["params"]}
        for module in self._recorder.models():
            if any(id(parameter) in held for parameter in module.parameters()):
                return module
        return None

    def close(self) -> None:
        """Take the monitor's hooks off."""
        if self._monitor is not None:
            self._monitor.detach()

    def results(self) -> tuple[tuple[RuntimeFinding, ...], Summary]:
        """The findings and curves."""
        if self._monitor is None:
            return (), Summary(steps=self._recorder.steps)
        report = self._monitor.report()
        return report.findings, report.summary
