"""One line a finding."""

from __future__ import annotations

from trainlint.report.style import Style
from trainlint.report.wording import headline, summary
from trainlint.results import Report


def render(report: Report, style: Style, *, quiet: bool) -> str:
    lines = [headline(diagnosis, style) for diagnosis in report.diagnoses]
    if not quiet:
        lines.append(summary(report))
    return "".join(f"{line}\n" for line in lines)
