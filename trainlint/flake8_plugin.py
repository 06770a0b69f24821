"""trainlint's findings in flake8, for teams that have one report: ``TL501 message`` beside ``E501``.

flake8 hands over a file at a time; trainlint looks at the program that the file belongs to: all files of the current
folder. It is linted once a process and remembered, so that ``flake8 --jobs 1`` does the least work.
"""

from __future__ import annotations

import ast
import functools
import os
import sys
from collections.abc import Iterator, Sequence

from flake8.exceptions import ExecutionError

from trainlint import __version__
from trainlint.cli.trust import registry_of
from trainlint.config import Config, ConfigError, Configurations, Selection
from trainlint.discover import PathError
from trainlint.engine import lint
from trainlint.facts import FactsError
from trainlint.facts.source import source_from_text
from trainlint.program import Program, load_program, program_of_source
from trainlint.results import Report

Told = tuple[int, int, str, type["Plugin"]]

STDIN = ("-", "stdin")
NOTHING = Selection(None, (), ())


class Plugin:
    """What flake8 calls for each file."""

    name = "trainlint"
    version = __version__

    def __init__(self, tree: ast.AST, filename: str, lines: Sequence[str]) -> None:
        self._filename = filename
        self._lines = lines

    def run(self) -> Iterator[Told]:
        """Yield row, column from 0, text and type of each finding in the file. Raises flake8's ExecutionError, which flake8
        tells in a line, where trainlint can't do its work: a configuration that is not understood, or rules that can't be
        loaded."""
        try:
            report = self._report()
        except (ConfigError, PathError) as error:
            raise ExecutionError(f"trainlint: {error}") from error
        for diagnosis in report.diagnoses:
            finding, spot = diagnosis.finding, diagnosis.spot
            if self._filename in STDIN or _real(spot.filename) == _real(self._filename):
                text = f"{finding.code} {finding.message} ({finding.name})"
                yield spot.location.row, spot.location.column - 1, text, Plugin

    def _report(self) -> Report:
        if self._filename in STDIN:
            return _of_text("".join(self._lines))
        report, linted = _of_paths(os.getcwd())
        if _real(self._filename) in linted:
            return report
        # It lies elsewhere, or trainlint's configuration leaves out what flake8 is given by name.
        return _of_paths(self._filename)[0]


_real = os.path.realpath


@functools.cache
def _of_paths(path: str) -> tuple[Report, frozenset[str]]:
    """The report on the files at a path, and which these are."""
    registry = registry_of(path if os.path.isdir(path) else os.path.dirname(path))
    settings = Configurations(registry)
    program = load_program([path], settings, _silent)
    report = lint(program, registry, settings, NOTHING, _silent)
    for problem in report.problems:  # flake8 has no place for what is no finding
        sys.stderr.write(f"trainlint: {problem}\n")
    return report, frozenset(_real(source.path) for source in program.files_read.values())


def _of_text(text: str) -> Report:
    registry = registry_of(os.getcwd())
    settings = Configurations(registry, Config(folder=os.getcwd()))
    try:
        program: Program = program_of_source(source_from_text("stdin.py", text), _silent)
    except FactsError:
        return Report(())  # flake8 itself tells of what is no Python
    return lint(program, registry, settings, NOTHING, _silent)


def _silent(stage: str, done: int, total: int) -> None:
    """flake8 has its own progress."""
