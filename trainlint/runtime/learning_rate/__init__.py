"""Find a learning rate, and see what a schedule will make of it."""

from __future__ import annotations

from .finder import LearningRateReport as LearningRateReport
from .finder import find_learning_rate as find_learning_rate
from .schedule_check import ScheduleReport as ScheduleReport
from .schedule_check import check_schedule as check_schedule
from .schedule_check import plot_schedule as plot_schedule
