"""The report of a watched training: findings, curves and pictures as plain values. Nothing here imports torch."""

from __future__ import annotations

import json
import os
import textwrap
from dataclasses import dataclass, field
from pathlib import Path

from trainlint.findings import Level

from .findings import RuntimeFinding
from .report import WIDTH, plain, readable

Points = list[tuple[int, float]]


class TrainingFaulty(AssertionError):
    """Raised by :meth:`TrainingReport.assert_ok`; ``report`` is the report, the text its printed form."""

    def __init__(self, report: TrainingReport) -> None:
        super().__init__("\n" + str(report))
        self.report = report


@dataclass(frozen=True)
class Summary:
    """What was measured. Curves are points (optimizer step, value); shares are in 0..1.

    ``updates`` are update-over-weight ratios by weight matrix, ``units`` the share of dead units or saturated outputs
    by place, ``filters`` pictures of the first convolution as rows of pixels in 0..1.
    """

    model: str = ""
    parameters: int = 0
    steps: int = 0
    loss: Points = field(default_factory=list)
    training: Points = field(default_factory=list)
    validation: Points = field(default_factory=list)
    learning_rate: Points = field(default_factory=list)
    gradient_norm: Points = field(default_factory=list)
    oscillation: Points = field(default_factory=list)
    updates: dict[str, Points] = field(default_factory=dict)
    units: dict[str, Points] = field(default_factory=dict)
    filters: list[list[list[float]]] = field(default_factory=list)
    smoothness: float | None = None
    best_evaluation: int | None = None
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class TrainingReport:
    """Findings and :class:`Summary` of one run. Prints as text; :meth:`to_json` and :meth:`to_html` give the rest."""

    title: str
    findings: tuple[RuntimeFinding, ...]
    summary: Summary

    @property
    def ok(self) -> bool:
        """Whether there is neither an error nor a warning; advice leaves a report ok."""
        return not self.errors and not self.warnings

    @property
    def errors(self) -> tuple[RuntimeFinding, ...]:
        """The findings that are errors."""
        return self._of(Level.ERROR)

    @property
    def warnings(self) -> tuple[RuntimeFinding, ...]:
        """The findings that are warnings."""
        return self._of(Level.WARNING)

    def _of(self, level: Level) -> tuple[RuntimeFinding, ...]:
        return tuple(finding for finding in self.findings if finding.level is level)

    def assert_ok(self) -> None:
        """Raise :class:`TrainingFaulty` with the printed report where there is an error or a warning."""
        if not self.ok:
            raise TrainingFaulty(self)

    def to_dict(self) -> dict[str, object]:
        """Plain values that strict JSON has."""
        summary = {key: plain(value) for key, value in vars(self.summary).items()}
        findings = [finding.to_dict() for finding in self.findings]
        return {"title": self.title, "ok": self.ok, "findings": findings, "summary": summary}

    def to_json(self, *, indent: int | None = 2) -> str:
        """Strict JSON: numbers that JSON lacks (NaN, infinity) are written as strings."""
        return json.dumps(self.to_dict(), indent=indent, allow_nan=False)

    def to_html(self, path: str | os.PathLike[str] | None = None) -> str:
        """One self-contained page, returned and, with ``path``, written there. Raises ``OSError`` where it can't be."""
        from .report_html.page import page

        text = page(self)
        if path is not None:
            Path(path).write_text(text, encoding="utf-8")
        return text

    def __str__(self) -> str:
        summary = self.summary
        lines = [f"{self.title}: {summary.model}, {summary.parameters:,} parameters, {summary.steps} steps"]
        lines += [str(finding) for finding in self.findings] or ["nothing found"]
        numbers = [f"{name} {readable(points[-1][1])}" for name, points in self._last() if points]
        if numbers:
            lines += textwrap.wrap("at the end: " + ", ".join(numbers), WIDTH, subsequent_indent="  ")
        for note in summary.notes:
            lines += textwrap.wrap("note  " + note, WIDTH, subsequent_indent=" " * 6)
        return "\n".join(lines)

    def _last(self) -> list[tuple[str, Points]]:
        summary = self.summary
        return [
            ("loss", summary.loss),
            ("validation loss", summary.validation),
            ("learning rate", summary.learning_rate),
            ("gradient norm", summary.gradient_norm),
        ]
