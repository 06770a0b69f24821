"""The analytic gradient against the numeric one."""

from __future__ import annotations

from .check import check_gradients as check_gradients
from .report import GradientReport as GradientReport
