"""Where curves go besides the report: TensorBoard, Weights & Biases, MLflow. None of them is imported here."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol


class Sink(Protocol):
    """Takes numbers by name at a step."""

    def log(self, values: Mapping[str, float], step: int) -> None:
        """Write ``values`` for ``step`` (optimizer steps from 0)."""


class TensorBoardSink:
    """Writes to a ``torch.utils.tensorboard.SummaryWriter`` (or any object with its ``add_scalar``)."""

    def __init__(self, writer: Any) -> None:
        self._writer = writer

    def log(self, values: Mapping[str, float], step: int) -> None:
        """One scalar a name."""
        for name, value in values.items():
            self._writer.add_scalar(name, value, step)


class WandbSink:
    """Writes to a Weights & Biases run, as ``wandb.init`` returns it."""

    def __init__(self, run: Any) -> None:
        self._run = run

    def log(self, values: Mapping[str, float], step: int) -> None:
        """One record; the step goes along as ``trainlint_step``, since W&B refuses steps that go back."""
        self._run.log({**values, "trainlint_step": step})


class MlflowSink:
    """Writes to the active MLflow run; pass the ``mlflow`` module."""

    def __init__(self, mlflow: Any) -> None:
        self._mlflow = mlflow

    def log(self, values: Mapping[str, float], step: int) -> None:
        """One batch of metrics."""
        self._mlflow.log_metrics(dict(values), step=step)
