"""Learn a handful of samples by heart before the full training."""

from __future__ import annotations

from .check import OverfitReport as OverfitReport
from .check import check_overfit as check_overfit
