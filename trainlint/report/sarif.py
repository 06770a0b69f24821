"""SARIF 2.1.0 (OASIS), as GitHub code scanning and many viewers read it."""

from __future__ import annotations

import hashlib
import json
from typing import Any

from trainlint.findings import Level, Location
from trainlint.report.paths import printable, uri
from trainlint.report.setting import RuleHelp, Setting
from trainlint.results import Diagnosis, Report, Spot

SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
LEVELS = {Level.ERROR: "error", Level.WARNING: "warning", Level.ADVICE: "note"}
FINGERPRINT = "trainlint/v1"


def render(report: Report, setting: Setting) -> str:
    codes = sorted({diagnosis.finding.code for diagnosis in report.diagnoses})
    driver: dict[str, Any] = {"name": "trainlint", "rules": [_rule(code, report, setting) for code in codes]}
    if setting.version:
        driver["version"] = setting.version
    run = {
        "tool": {"driver": driver},
        "columnKind": "unicodeCodePoints",
        "invocations": [_invocation(report)],
        "results": [_result(diagnosis, codes, setting) for diagnosis in report.diagnoses],
    }
    return json.dumps({"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}, indent=2) + "\n"


def _rule(code: str, report: Report, setting: Setting) -> dict[str, Any]:
    known = setting.rules(code)
    if known is None:
        finding = next(each.finding for each in report.diagnoses if each.finding.code == code)
        known = RuleHelp(code, finding.name, finding.level, finding.name, finding.name)
    return {
        "id": code,
        "name": "".join(word.capitalize() for word in known.name.split("-")),
        "shortDescription": {"text": known.summary},
        "fullDescription": {"text": known.summary},
        "help": {"text": known.markdown, "markdown": known.markdown},
        "defaultConfiguration": {"level": LEVELS[known.level]},
        "properties": {"tags": ["pytorch", "training"]},
    }


def _invocation(report: Report) -> dict[str, Any]:
    told = [{"level": "error", "message": {"text": problem}} for problem in report.problems]
    return {"executionSuccessful": not told, "toolExecutionNotifications": told}


def _result(diagnosis: Diagnosis, codes: list[str], setting: Setting) -> dict[str, Any]:
    finding = diagnosis.finding
    digest = hashlib.sha256(f"{printable(diagnosis.spot.filename)}\0{diagnosis.fingerprint}".encode()).hexdigest()
    result: dict[str, Any] = {
        "ruleId": finding.code,
        "ruleIndex": codes.index(finding.code),
        "level": LEVELS[finding.level],
        "message": {"text": finding.message},
        "locations": [{"physicalLocation": _physical(diagnosis.spot, setting)}],
        "partialFingerprints": {FINGERPRINT: digest},
    }
    if finding.related:
        result["relatedLocations"] = [
            {"id": number, "message": {"text": related.message}, "physicalLocation": _physical(spot, setting)}
            for number, (related, spot) in enumerate(zip(finding.related, diagnosis.related, strict=True), 1)
        ]
    fix = _fix(diagnosis)
    if fix is not None:
        result["fixes"] = [fix]
    return result


def _physical(spot: Spot, setting: Setting) -> dict[str, Any]:
    return {"artifactLocation": _artifact(spot), "region": _region(setting.physical(spot))}


def _artifact(spot: Spot) -> dict[str, str]:
    return {"uri": uri(spot.filename), "uriBaseId": "%SRCROOT%"}


def _region(place: Location) -> dict[str, int]:
    return {
        "startLine": place.row,
        "startColumn": place.column,
        "endLine": place.end_row,
        "endColumn": place.end_column,
    }


def _fix(diagnosis: Diagnosis) -> dict[str, Any] | None:
    """The fix by files. None in a notebook: its lines are strings of JSON there, which a viewer would not escape."""
    fix = diagnosis.finding.fix
    if fix is None or any(spot.location.cell is not None for spot in diagnosis.edits):
        return None
    changes: dict[str, dict[str, Any]] = {}
    for spot, edit in zip(diagnosis.edits, fix.edits, strict=True):
        change = changes.setdefault(spot.filename, {"artifactLocation": _artifact(spot), "replacements": []})
        change["replacements"].append(
            {"deletedRegion": _region(spot.location), "insertedContent": {"text": edit.replacement}}
        )
    return {"description": {"text": fix.message}, "artifactChanges": list(changes.values())}
