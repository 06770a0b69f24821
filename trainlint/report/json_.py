"""A JSON array with one object a finding, keys as in ruff's output and ``related`` besides."""

from __future__ import annotations

import json
from typing import Any

from trainlint.findings import Fix
from trainlint.report.setting import Setting
from trainlint.results import Diagnosis, Report, Spot


def render(report: Report, setting: Setting) -> str:
    """ASCII throughout, so that any encoding of the output keeps it valid."""
    return json.dumps([_object(diagnosis) for diagnosis in report.diagnoses], indent=2) + "\n"


def _object(diagnosis: Diagnosis) -> dict[str, Any]:
    finding = diagnosis.finding
    return {
        "code": finding.code,
        "name": finding.name,
        "level": finding.level.value,
        "message": finding.message,
        **_place(diagnosis.spot),
        "fix": _fix(finding.fix, diagnosis.edits) if finding.fix else None,
        "fingerprint": diagnosis.fingerprint,
        "related": [
            {"message": related.message, **_place(spot)}
            for related, spot in zip(finding.related, diagnosis.related, strict=True)
        ],
    }


def _place(spot: Spot) -> dict[str, Any]:
    location = spot.location
    return {
        "filename": spot.filename,
        "location": {"row": location.row, "column": location.column},
        "end_location": {"row": location.end_row, "column": location.end_column},
        "cell": location.cell,
    }


def _fix(fix: Fix, edits: tuple[Spot, ...]) -> dict[str, Any]:
    return {
        "applicability": fix.applicability.value,
        "message": fix.message,
        "edits": [{"content": edit.replacement, **_place(spot)} for edit, spot in zip(fix.edits, edits, strict=True)],
    }
