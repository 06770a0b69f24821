"""GitLab's Code Quality report: a JSON array, with fingerprints that tell new findings from those of the target branch."""

from __future__ import annotations

import hashlib
import json
from typing import Any

from trainlint.findings import Level
from trainlint.report.paths import printable
from trainlint.report.setting import Setting
from trainlint.results import Diagnosis, Report

SEVERITIES = {Level.ERROR: "critical", Level.WARNING: "major", Level.ADVICE: "info"}


def render(report: Report, setting: Setting) -> str:
    """What could not be read is not in it: GitLab knows findings only. The exit status and standard error tell of it."""
    return json.dumps([_entry(diagnosis, setting) for diagnosis in report.diagnoses], indent=2) + "\n"


def _entry(diagnosis: Diagnosis, setting: Setting) -> dict[str, Any]:
    finding = diagnosis.finding
    path = printable(diagnosis.spot.filename)
    place = setting.physical(diagnosis.spot)
    return {
        "description": f"{finding.code} {finding.name}: {finding.message}",
        "check_name": finding.code,
        "fingerprint": hashlib.sha256(f"{path}\0{diagnosis.fingerprint}".encode()).hexdigest(),
        "severity": SEVERITIES[finding.level],
        "categories": ["Bug Risk"],
        "location": {
            "path": path,
            "positions": {
                "begin": {"line": place.row, "column": place.column},
                "end": {"line": place.end_row, "column": place.end_column},
            },
        },
    }
