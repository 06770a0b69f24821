"""Checks for PyTorch training, done for real: before the training, and while it runs.

Everything is loaded when it is first asked for, so that ``import trainlint.runtime`` loads no torch by itself.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:  # for type checkers and editors; a test keeps it and the table below alike
    from . import schedules as schedules
    from .gradients import GradientReport as GradientReport
    from .gradients import check_gradients as check_gradients
    from .initial_loss import InitialLossReport as InitialLossReport
    from .initial_loss import check_initial_loss as check_initial_loss
    from .learning_rate import LearningRateReport as LearningRateReport
    from .learning_rate import ScheduleReport as ScheduleReport
    from .learning_rate import check_schedule as check_schedule
    from .learning_rate import find_learning_rate as find_learning_rate
    from .learning_rate import plot_schedule as plot_schedule
    from .overfitting import OverfitReport as OverfitReport
    from .overfitting import check_overfit as check_overfit
    from .report import CheckFailedError as CheckFailedError
    from .report import Part as Part
    from .report import Report as Report
    from .report import Verdict as Verdict
    from .splits import check_splits as check_splits
    from .splits import split_dataset as split_dataset
    from .splits import subset as subset
    from .structure import check_model as check_model

# name -> the submodule that defines it, or that it is
_HOMES = {
    "CheckFailedError": "report",
    "GradientReport": "gradients",
    "InitialLossReport": "initial_loss",
    "LearningRateReport": "learning_rate",
    "OverfitReport": "overfitting",
    "Part": "report",
    "Report": "report",
    "ScheduleReport": "learning_rate",
    "Verdict": "report",
    "check_gradients": "gradients",
    "check_initial_loss": "initial_loss",
    "check_model": "structure",
    "check_overfit": "overfitting",
    "check_schedule": "learning_rate",
    "check_splits": "splits",
    "find_learning_rate": "learning_rate",
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
