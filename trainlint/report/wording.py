"""Words that several text formats share."""

from __future__ import annotations

from collections import Counter

from trainlint.findings import Level
from trainlint.report.style import Style, shown
from trainlint.results import Diagnosis, Report, Spot


def position(spot: Spot) -> str:
    """``file:row:column``, with the cell between in a notebook."""
    cell = f"cell {spot.location.cell}:" if spot.location.cell is not None else ""
    return f"{shown(spot.filename)}:{cell}{spot.location.row}:{spot.location.column}"


def headline(diagnosis: Diagnosis, style: Style) -> str:
    """One finding in one line."""
    finding = diagnosis.finding
    label = style.level(f"{finding.level.value}[{finding.code}]", finding.level)
    place = style.paint(position(diagnosis.spot), "bold")
    return f"{place}: {label} {shown(finding.message)} {style.paint(f'({finding.name})', 'dim')}"


def summary(report: Report) -> str:
    """The closing line."""
    files = counted(report.files, "file")
    if not report.files:
        return "No Python files or notebooks found."
    if not report.diagnoses:
        new = "new " if report.known else ""
        return (
            f"No {new}mistakes found in {'what could be read of ' if report.problems else ''}{files}{_known(report)}."
        )
    levels = Counter(diagnosis.finding.level for diagnosis in report.diagnoses)
    parts = [
        f"{levels[level]} piece{'s' if levels[level] != 1 else ''} of advice"
        if level is Level.ADVICE
        else counted(levels[level], level.value)
        for level in Level
        if levels[level]
    ]
    listed = " and ".join([", ".join(parts[:-1]), parts[-1]] if len(parts) > 1 else parts)
    return f"Found {listed} in {files}{_known(report)}."


def _known(report: Report) -> str:
    return f" ({counted(report.known, 'older finding')} not shown)" if report.known else ""


def counted(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"
