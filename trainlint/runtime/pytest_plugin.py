"""The ``preflight`` fixture: checks before the training as tests of a user's own suite.

    def test_network(preflight):
        preflight.gradients(Net(), images, labels, criterion)
        preflight.initial_loss(Net(), images, labels, criterion)
        preflight.overfit(Net(), images, labels, criterion, torch.optim.Adam)

Each call takes what the ``check_`` function of its name takes, fails the test with the printed report where that is not
ok, and returns the report. Reports with warnings are shown with the test; ``--trainlint-strict`` makes warnings fail.
Torch is loaded at the first check, not with the plugin.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

import trainlint.runtime as runtime

if TYPE_CHECKING:
    from .gradients import GradientReport
    from .initial_loss import InitialLossReport
    from .learning_rate import LearningRateReport, ScheduleReport
    from .overfitting import OverfitReport
    from .report import Report


class Preflight:
    """The checks before the training; every one raises ``CheckFailedError`` (an ``AssertionError``) where it fails."""

    def __init__(self, item: pytest.Item, *, strict: bool) -> None:
        self._item = item
        self._strict = strict

    def gradients(self, *args: Any, **settings: Any) -> GradientReport:
        """:func:`trainlint.runtime.check_gradients`, asserted."""
        report = runtime.check_gradients(*args, **settings)
        self.require(report)
        return report

    def initial_loss(self, *args: Any, **settings: Any) -> InitialLossReport:
        """:func:`trainlint.runtime.check_initial_loss`, asserted."""
        report = runtime.check_initial_loss(*args, **settings)
        self.require(report)
        return report

    def overfit(self, *args: Any, **settings: Any) -> OverfitReport:
        """:func:`trainlint.runtime.check_overfit`, asserted."""
        report = runtime.check_overfit(*args, **settings)
        self.require(report)
        return report

    def model(self, *args: Any, **settings: Any) -> Report:
        """:func:`trainlint.runtime.check_model`, asserted."""
        report = runtime.check_model(*args, **settings)
        self.require(report)
        return report

    def splits(self, *args: Any, **settings: Any) -> Report:
        """:func:`trainlint.runtime.check_splits`, asserted."""
        report = runtime.check_splits(*args, **settings)
        self.require(report)
        return report

    def schedule(self, *args: Any, **settings: Any) -> ScheduleReport:
        """:func:`trainlint.runtime.check_schedule`, asserted."""
        report = runtime.check_schedule(*args, **settings)
        self.require(report)
        return report

    def learning_rate(self, *args: Any, **settings: Any) -> LearningRateReport:
        """:func:`trainlint.runtime.find_learning_rate`, asserted."""
        report = runtime.find_learning_rate(*args, **settings)
        self.require(report)
        return report

    def require(self, report: Report) -> None:
        """Fail the test where any report of this package is not ok; show it with the test where it warns."""
        if report.findings:
            self._item.add_report_section("call", f"trainlint {report.title}", str(report))
        report.assert_ok(warnings=not self._strict)


def pytest_addoption(parser: pytest.Parser) -> None:
    """The option of the plugin."""
    group = parser.getgroup("trainlint")
    group.addoption(
        "--trainlint-strict", action="store_true", help="preflight checks fail on warnings too, not on failures alone"
    )


@pytest.fixture
def preflight(request: pytest.FixtureRequest) -> Preflight:
    """trainlint's checks before the training: gradients, initial_loss, overfit, model, splits, schedule."""
    return Preflight(request.node, strict=request.config.getoption("--trainlint-strict"))
