"""reviewdog's rdjson: one object, whose columns count bytes of UTF-8, with the fixes as suggestions."""

from __future__ import annotations

import json
from typing import Any

from trainlint.findings import Applicability, Level, Location
from trainlint.report.paths import printable
from trainlint.report.setting import Setting
from trainlint.results import Diagnosis, Report, Spot

SEVERITIES = {Level.ERROR: "ERROR", Level.WARNING: "WARNING", Level.ADVICE: "INFO"}


def render(report: Report, setting: Setting) -> str:
    """What could not be read is not in it: the exit status and standard error tell of it."""
    found = [_finding(diagnosis, setting) for diagnosis in report.diagnoses]
    return json.dumps({"source": {"name": "trainlint"}, "diagnostics": found}, indent=2) + "\n"


def _finding(diagnosis: Diagnosis, setting: Setting) -> dict[str, Any]:
    finding = diagnosis.finding
    entry: dict[str, Any] = {
        "message": finding.message,
        "location": _location(diagnosis.spot, setting),
        "severity": SEVERITIES[finding.level],
        "code": {"value": finding.code},
        "original_output": f"{finding.code} {finding.name}: {finding.message}",
    }
    if finding.related:
        entry["related_locations"] = [
            {"message": related.message, "location": _location(spot, setting)}
            for related, spot in zip(finding.related, diagnosis.related, strict=True)
        ]
    suggestions = _suggestions(diagnosis)
    if suggestions:
        entry["suggestions"] = suggestions
    return entry


def _location(spot: Spot, setting: Setting) -> dict[str, Any]:
    return {"path": printable(spot.filename), "range": _range(spot, setting.physical(spot))}


def _range(spot: Spot, place: Location) -> dict[str, Any]:
    """Without columns in a notebook, where the text of the line is the JSON file's, and at the end of a longer span."""
    start, end = {"line": place.row}, {"line": place.end_row}
    if spot.location.cell is None:
        start["column"] = _bytes(spot.line, place.column)
        if place.row == place.end_row:
            end["column"] = _bytes(spot.line, place.end_column)
    return {"start": start, "end": end}


def _bytes(line: str, column: int) -> int:
    return len(line[: column - 1].encode("utf-8", "replace")) + 1


def _suggestions(diagnosis: Diagnosis) -> list[dict[str, Any]]:
    """The fix, where a reviewer can apply it by a click: one edit in the finding's own file, within a line, no notebook."""
    fix = diagnosis.finding.fix
    if fix is None or fix.applicability is Applicability.DISPLAY or len(fix.edits) != 1:
        return []
    (spot,), (edit,) = diagnosis.edits, fix.edits
    place = spot.location
    if place.cell is not None or place.row != place.end_row or spot.filename != diagnosis.spot.filename:
        return []
    return [{"range": _range(spot, place), "text": edit.replacement}]
