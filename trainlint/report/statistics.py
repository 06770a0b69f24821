"""How often each rule found something, in place of the findings."""

from __future__ import annotations

import json
from collections import Counter

from trainlint.report.style import Style
from trainlint.report.wording import summary
from trainlint.results import Report


def render(report: Report, style: Style, *, as_json: bool, quiet: bool = False) -> str:
    """The counts by rule, the most frequent first: a table, or JSON."""
    counts = Counter(
        (diagnosis.finding.code, diagnosis.finding.name, diagnosis.finding.level) for diagnosis in report.diagnoses
    )
    rows = sorted(counts.items(), key=lambda row: (-row[1], row[0][0]))
    if as_json:
        objects = [
            {"code": code, "name": name, "level": level.value, "count": count} for (code, name, level), count in rows
        ]
        return json.dumps(objects, indent=2) + "\n"
    width = max((len(str(count)) for _, count in rows), default=0)
    lines = [f"{count:>{width}}  {style.level(code, level)}  {name}" for (code, name, level), count in rows]
    if not quiet:
        lines.append(summary(report))
    return "".join(f"{line}\n" for line in lines)
