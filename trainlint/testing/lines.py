"""Where findings belong, as the comments of a program say, and where a report has them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from trainlint.facts import Source, ir
from trainlint.results import Report

_EXPECTATION = re.compile(r"#\s*(expect|misses):\s*([A-Z]+\d+(?:\s*,\s*[A-Z]+\d+)*)")


class Line(NamedTuple):
    """A finding's code and line. ``row`` counts from 1, in a notebook within ``cell``, which is 0 in a script."""

    path: str
    cell: int
    row: int
    code: str


def expected_lines(source: Source, kind: str = "expect") -> Iterator[Line]:
    """The lines that end with ``# expect: CODE`` (several codes with commas between), or with another word as ``kind``."""
    for cell, text in _cells(source.text, source.cells):
        for row, line in enumerate(text.splitlines(), 1):
            for found, codes in _EXPECTATION.findall(line):
                if found == kind:
                    yield from (Line(source.path, cell, row, code.strip()) for code in codes.split(","))


def found_lines(report: Report) -> list[Line]:
    """The lines of a report's findings, sorted; a line comes as often as a rule flags it."""
    return sorted(
        Line(item.spot.filename, item.spot.location.cell or 0, item.spot.location.row, item.finding.code)
        for item in report.diagnoses
    )


def _cells(text: str, cells: Sequence[ir.Cell] | None) -> Iterator[tuple[int, str]]:
    if cells is None:
        yield 0, text
        return
    for cell in cells:
        yield cell.number, text[cell.start : cell.end]
