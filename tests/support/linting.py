"""Linting of files with the built-in rules, in this process."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path

from trainlint.config import Config, Configurations, Selection
from trainlint.engine import lint
from trainlint.facts import read
from trainlint.packs import Registry
from trainlint.program import load_program
from trainlint.results import Report
from trainlint.testing import Line, builtin_rules, expected_lines, found_lines

__all__ = ["Line", "builtin_rules", "expectations", "lint_paths", "reported"]


def lint_paths(paths: Sequence[str], selection: Selection | None = None, registry: Registry | None = None) -> Report:
    """Lint files below the current directory without any configuration file."""
    known = builtin_rules() if registry is None else registry
    settings = Configurations(known, pinned=Config(folder="/"))
    program = load_program(paths, settings, lambda stage, done, total: None)
    return lint(program, known, settings, selection or Selection(), lambda stage, done, total: None)


def reported(report: Report) -> Counter[Line]:
    """Where the report has which findings."""
    return Counter(found_lines(report))


def expectations(path: str, kind: str = "expect") -> Iterator[Line]:
    """Where the comments of a file say that findings belong (``expect``), or would belong (``misses``)."""
    return expected_lines(read(Path(path)), kind)
