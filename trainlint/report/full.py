"""Each finding with its source line, the span underlined, and beneath it the places that explain it."""

from __future__ import annotations

import unicodedata

from trainlint.findings import Level
from trainlint.report.setting import Setting
from trainlint.report.style import Style, shown
from trainlint.report.wording import headline, position, summary
from trainlint.results import Diagnosis, Report, Spot

TAB = 4


def render(report: Report, setting: Setting) -> str:
    style = setting.style
    blocks = [_block(diagnosis, style) for diagnosis in report.diagnoses]
    if not setting.quiet:
        blocks.append(summary(report) + "\n")
    return "\n".join(blocks)


def _block(diagnosis: Diagnosis, style: Style) -> str:
    finding = diagnosis.finding
    width = max(len(str(spot.location.row)) for spot in (diagnosis.spot, *diagnosis.related))
    lines = [headline(diagnosis, style), *_snippet(diagnosis.spot, "^", finding.level, width, style)]
    for related, spot in zip(finding.related, diagnosis.related, strict=True):
        lines.append(f"{' ' * width} = {style.paint(position(spot), 'bold')}: {shown(related.message)}")
        lines += _snippet(spot, "-", None, width, style)
    if finding.fix is not None:
        lines.append(f"{' ' * width} = {style.paint('fix', 'cyan')}: {shown(finding.fix.message)}")
    return "".join(f"{line}\n" for line in lines)


def _snippet(spot: Spot, mark: str, level: Level | None, width: int, style: Style) -> list[str]:
    location = spot.location
    line = spot.line.rstrip()
    end = location.end_column - 1 if location.end_row == location.row else len(line)
    start = min(location.column - 1, len(line))
    indent = _width(line[:start])
    length = max(1, _width(line[:end]) - indent)
    marks = " " * indent + (style.level(mark * length, level) if level else style.paint(mark * length, "cyan"))
    bar = style.paint("|", "dim")
    number = style.paint(str(location.row).rjust(width), "dim")
    return [f"{number} {bar} {shown(line.expandtabs(TAB))}", f"{' ' * width} {bar} {marks}"]


def _width(text: str) -> int:
    """Columns that text takes up on a terminal."""
    expanded = text.expandtabs(TAB)
    if expanded.isascii():
        return len(expanded)
    return sum(map(_cells, expanded))


def _cells(char: str) -> int:
    if unicodedata.combining(char):
        return 0
    return 2 if unicodedata.east_asian_width(char) in "WF" else 1
