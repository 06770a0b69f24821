"""One line a finding."""

from __future__ import annotations

from trainlint.report.setting import Setting
from trainlint.report.wording import headline, summary
from trainlint.results import Report


def render(report: Report, setting: Setting) -> str:
    lines = [headline(diagnosis, setting.style) for diagnosis in report.diagnoses]
    if not setting.quiet:
        lines.append(summary(report))
    return "".join(f"{line}\n" for line in lines)
