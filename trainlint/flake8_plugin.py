"""trainlint's findings in flake8, for teams that have one report: ``TL501 message`` beside ``E501``.

flake8 hands over a file at a time; trainlint looks at the program that the file belongs to: all files of the current
folder. It is linted once a process and remembered, so that ``flake8 --jobs 1`` does the least work.
"""

from __future__ import annotations

import ast
import functools
import os
from collections.abc import Iterator, Sequence

from trainlint import __version__
from trainlint.config import Config, ConfigError, Configurations, Selection
from trainlint.discover import MissingPathError
from trainlint.engine import lint
from trainlint.facts import FactsError
from trainlint.facts.source import source_from_text
from trainlint.packs import PackError, Registry, load_rules
from trainlint.program import load_program, program_of_source
from trainlint.results import Report
from trainlint.suppressions.kinds import engine_entries

Told = tuple[int, int, str, type["Plugin"]]

STDIN = ("-", "stdin")


class Plugin:
    """What flake8 calls for each file."""

    name = "trainlint"
    version = __version__

    def __init__(self, tree: ast.AST, filename: str, lines: Sequence[str]) -> None:
        self._filename = filename
        self._lines = lines

    def run(self) -> Iterator[Told]:
        """Yield row, column from 0, text and type of each finding in the file. Raises RuntimeError where trainlint can't
        do its work: a configuration that is not understood, or rules that can't be loaded."""
        try:
            report = _of_text("".join(self._lines)) if self._filename in STDIN else _of_project(os.getcwd())
            if self._filename not in STDIN and not any(_same(path, self._filename) for path in _linted(os.getcwd())):
                report = _of_file(self._filename)
        except (ConfigError, PackError, MissingPathError) as error:
            raise RuntimeError(f"trainlint: {error}") from error
        for diagnosis in report.diagnoses:
            finding, spot = diagnosis.finding, diagnosis.spot
            if self._filename in STDIN or _same(spot.filename, self._filename):
                text = f"{finding.code} {finding.message} ({finding.name})"
                yield spot.location.row, spot.location.column - 1, text, Plugin


def _same(one: str, other: str) -> bool:
    return os.path.realpath(one) == os.path.realpath(other)


@functools.cache
def _registry() -> Registry:
    return Registry([*load_rules(), *engine_entries()])


@functools.cache
def _project(folder: str) -> tuple[Report, tuple[str, ...]]:
    registry = _registry()
    settings = Configurations(registry)
    program = load_program([folder], settings, _silent)
    report = lint(program, registry, settings, Selection(None, (), ()), _silent)
    return report, tuple(source.path for source in program.files_read.values())


def _of_project(folder: str) -> Report:
    return _project(folder)[0]


def _linted(folder: str) -> tuple[str, ...]:
    return _project(folder)[1]


def _of_file(filename: str) -> Report:
    """A file that lies elsewhere, or that trainlint's configuration leaves out but flake8 is given by name."""
    registry = _registry()
    settings = Configurations(registry)
    return lint(load_program([filename], settings, _silent), registry, settings, Selection(None, (), ()), _silent)


def _of_text(text: str) -> Report:
    registry = _registry()
    settings = Configurations(registry, Config(folder=os.getcwd()))
    try:
        program = program_of_source(source_from_text("stdin.py", text), _silent)
    except FactsError:
        return Report(())  # flake8 itself tells of what is no Python
    return lint(program, registry, settings, Selection(None, (), ()), _silent)


def _silent(stage: str, done: int, total: int) -> None:
    """flake8 has its own progress."""
