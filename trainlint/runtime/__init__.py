"""Checks for PyTorch training, done for real: before the training, and while it runs.

Everything is loaded when it is first asked for, so that ``import trainlint.runtime`` loads no torch by itself.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:  # for type checkers and editors; a test keeps it and the table below alike
    from . import schedules as schedules
    from .checkpoint import Checkpointer as Checkpointer
    from .checkpoint import CheckpointError as CheckpointError
    from .checkpoint import Progress as Progress
    from .early_stopping import EarlyStopping as EarlyStopping
    from .findings import RuntimeFinding as RuntimeFinding
    from .gradient_noise import NoiseScale as NoiseScale
    from .gradient_noise import gradient_noise_scale as gradient_noise_scale
    from .gradients import GradientReport as GradientReport
    from .gradients import check_gradients as check_gradients
    from .initial_loss import InitialLossReport as InitialLossReport
    from .initial_loss import check_initial_loss as check_initial_loss
    from .learning_rate import LearningRateReport as LearningRateReport
    from .learning_rate import ScheduleReport as ScheduleReport
    from .learning_rate import check_schedule as check_schedule
    from .learning_rate import find_learning_rate as find_learning_rate
    from .learning_rate import plot_schedule as plot_schedule
    from .monitor.activations import ActivationMonitor as ActivationMonitor
    from .monitor.filters import FilterMonitor as FilterMonitor
    from .monitor.gradients import GradientMonitor as GradientMonitor
    from .monitor.learning_rate import LearningRateMonitor as LearningRateMonitor
    from .monitor.loss import LossMonitor as LossMonitor
    from .monitor.modes import ModeMonitor as ModeMonitor
    from .monitor.oscillation import OscillationMonitor as OscillationMonitor
    from .monitor.training import TrainingMonitor as TrainingMonitor
    from .monitor.updates import UpdateMonitor as UpdateMonitor
    from .monitor.validation import ValidationMonitor as ValidationMonitor
    from .overfitting import OverfitReport as OverfitReport
    from .overfitting import check_overfit as check_overfit
    from .report import CheckFailedError as CheckFailedError
    from .report import Part as Part
    from .report import Report as Report
    from .report import Verdict as Verdict
    from .sinks import MlflowSink as MlflowSink
    from .sinks import Sink as Sink
    from .sinks import TensorBoardSink as TensorBoardSink
    from .sinks import WandbSink as WandbSink
    from .splits import check_splits as check_splits
    from .splits import split_dataset as split_dataset
    from .splits import subset as subset
    from .structure import check_model as check_model
    from .training_report import TrainingFaulty as TrainingFaulty
    from .training_report import TrainingReport as TrainingReport
    from .vault import Opening as Opening
    from .vault import TestVault as TestVault
    from .vault import VaultSealed as VaultSealed

# name -> the submodule that defines it, or that it is
_HOMES = {
    "ActivationMonitor": "monitor.activations",
    "CheckFailedError": "report",
    "CheckpointError": "checkpoint",
    "Checkpointer": "checkpoint",
    "EarlyStopping": "early_stopping",
    "FilterMonitor": "monitor.filters",
    "GradientMonitor": "monitor.gradients",
    "GradientReport": "gradients",
    "InitialLossReport": "initial_loss",
    "LearningRateMonitor": "monitor.learning_rate",
    "LearningRateReport": "learning_rate",
    "LossMonitor": "monitor.loss",
    "MlflowSink": "sinks",
    "ModeMonitor": "monitor.modes",
    "NoiseScale": "gradient_noise",
    "Opening": "vault",
    "OscillationMonitor": "monitor.oscillation",
    "OverfitReport": "overfitting",
    "Part": "report",
    "Progress": "checkpoint",
    "Report": "report",
    "RuntimeFinding": "findings",
    "ScheduleReport": "learning_rate",
    "Sink": "sinks",
    "TensorBoardSink": "sinks",
    "TestVault": "vault",
    "TrainingFaulty": "training_report",
    "TrainingMonitor": "monitor.training",
    "TrainingReport": "training_report",
    "UpdateMonitor": "monitor.updates",
    "ValidationMonitor": "monitor.validation",
    "VaultSealed": "vault",
    "Verdict": "report",
    "WandbSink": "sinks",
    "check_gradients": "gradients",
    "check_initial_loss": "initial_loss",
    "check_model": "structure",
    "check_overfit": "overfitting",
    "check_schedule": "learning_rate",
    "check_splits": "splits",
    "find_learning_rate": "learning_rate",
    "gradient_noise_scale": "gradient_noise",
    "plot_schedule": "learning_rate",
    "schedules": "schedules",
    "split_dataset": "splits",
    "subset": "splits",
}

__all__ = list(_HOMES)


def __getattr__(name: str) -> Any:
    home = _HOMES.get(name)
    if home is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    module = importlib.import_module(f"{__name__}.{home}")
    value = module if home == name else getattr(module, name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *_HOMES})
