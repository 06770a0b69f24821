"""Linting with the built-in rules, in this process."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from functools import cache
from pathlib import Path

from trainlint.config import Config, Configurations, Selection
from trainlint.engine import lint
from trainlint.facts import ir, read
from trainlint.packs import Registry, load_rules
from trainlint.program import load_program
from trainlint.results import Report
from trainlint.suppressions.kinds import engine_entries

EXPECTATION = re.compile(r"#\s*(expect|misses):\s*([A-Z]+\d+(?:\s*,\s*[A-Z]+\d+)*)")


@cache
def builtin_rules() -> Registry:
    """The built-in pack alone, whatever else is installed, and the engine's own findings."""
    return Registry([*load_rules(only="builtin"), *engine_entries()])


def lint_paths(paths: Sequence[str], selection: Selection | None = None, registry: Registry | None = None) -> Report:
    """Lint files below the current directory without any configuration file."""
    known = builtin_rules() if registry is None else registry
    settings = Configurations(known, pinned=Config(folder="/"))
    program = load_program(paths, settings, lambda stage, done, total: None)
    return lint(program, known, settings, selection or Selection(), lambda stage, done, total: None)


Line = tuple[str, int, int, str]  # file, cell (0 in a script), row, code


def reported(report: Report) -> Counter[Line]:
    """Where the report has which findings."""
    return Counter(
        (item.spot.filename, item.spot.location.cell or 0, item.spot.location.row, item.finding.code)
        for item in report.diagnoses
    )


def expectations(path: str, kind: str = "expect") -> Iterator[Line]:
    """Where the comments of a file say that findings belong (``expect``), or would belong (``misses``)."""
    source = read(Path(path))
    for cell, text in _cells(source.text, source.cells):
        for row, line in enumerate(text.splitlines(), 1):
            for found, codes in EXPECTATION.findall(line):
                if found == kind:
                    yield from ((path, cell, row, code.strip()) for code in codes.split(","))


def _cells(text: str, cells: Sequence[ir.Cell] | None) -> Iterator[tuple[int, str]]:
    if cells is None:
        yield 0, text
        return
    for cell in cells:
        yield cell.number, text[cell.start : cell.end]
