"""GitHub's workflow commands: a line a finding, which GitHub shows beside the changed lines.

The escapes are those of the toolkit's own ``core.error`` (GitHub, "Workflow commands for GitHub Actions").
"""

from __future__ import annotations

from trainlint.findings import Level
from trainlint.report.paths import printable
from trainlint.report.setting import Setting
from trainlint.report.style import shown
from trainlint.results import Diagnosis, Report

COMMANDS = {Level.ERROR: "error", Level.WARNING: "warning", Level.ADVICE: "notice"}


def render(report: Report, setting: Setting) -> str:
    found = [_finding(diagnosis, setting) for diagnosis in report.diagnoses]
    broken = [f"::error title=trainlint::{_data(shown(problem))}\n" for problem in report.problems]
    return "".join([*found, *broken])


def _finding(diagnosis: Diagnosis, setting: Setting) -> str:
    finding = diagnosis.finding
    place = setting.physical(diagnosis.spot)
    properties = {"title": f"{finding.code} {finding.name}", "file": printable(diagnosis.spot.filename)}
    properties |= {"line": str(place.row), "endLine": str(place.end_row)}
    if place.row == place.end_row:  # columns are for spans of one line alone
        properties |= {"col": str(place.column), "endColumn": str(place.end_column)}
    given = ",".join(f"{name}={_property(value)}" for name, value in properties.items())
    lines = [shown(finding.message)]
    for related, spot in zip(finding.related, diagnosis.related, strict=True):
        lines.append(f"{printable(spot.filename)}:{setting.physical(spot).row}: {shown(related.message)}")
    return f"::{COMMANDS[finding.level]} {given}::{_data(chr(10).join(lines))}\n"


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
