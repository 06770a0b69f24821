"""Fixing with the built-in rules, in this process and in memory."""

from __future__ import annotations

from linting import builtin_rules

from trainlint.config import Config, Configurations, Selection
from trainlint.engine import lint
from trainlint.findings import Applicability
from trainlint.fix import Fixed, apply_fixes
from trainlint.program import Program, load_program
from trainlint.results import Report


def fix_file(path: str, selection: Selection | None = None, *, unsafe: bool = True) -> Fixed:
    """What fixing makes of a file below the current directory, without any configuration file."""
    known = builtin_rules()
    settings = Configurations(known, pinned=Config(folder="/"))
    program = load_program([path], settings, lambda stage, done, total: None)

    def linted(current: Program) -> Report:
        return lint(current, known, settings, selection or Selection(), lambda stage, done, total: None)

    return apply_fixes(program, linted, {Applicability.SAFE, *([Applicability.UNSAFE] if unsafe else [])})
