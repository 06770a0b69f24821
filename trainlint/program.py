"""Loads the program to lint: finds and reads the files, leaves out those that cannot matter, and lowers the others."""

from __future__ import annotations

import os
from bisect import bisect_right
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TypeAlias

from trainlint.config import Configurations
from trainlint.discover import find_files
from trainlint.discover.imports import files_that_matter, imported_names
from trainlint.discover.tests import leaves_tests_out
from trainlint.facts import FactsError, Source, ir, locate, lower, read
from trainlint.findings import Place
from trainlint.internal import one_line
from trainlint.knowledge.reach import brings_torch
from trainlint.patterns import matches
from trainlint.results import Spot

Progress: TypeAlias = Callable[[str, int, int], None]
"""Is told the name of a stage, and how many of how many steps of it are done."""

Lowering: TypeAlias = Callable[[Source], ir.Module]
"""Makes facts of a source. Raises FactsError."""

COMMENT_MARK = "trainlint"


@dataclass(frozen=True)
class Program:
    """The files of one run. Keys are posix paths relative to ``root``.

    ``files_read`` holds all of them, ``sources`` those that matter and were lowered; ``files`` counts also those that
    could not be read. ``tests_left_out`` tells that the project around them keeps tests that are not among them.
    """

    root: str
    sources: Mapping[str, Source]
    modules: Mapping[str, ir.Module]
    files: int
    problems: list[str] = field(default_factory=list)
    files_read: Mapping[str, Source] = field(default_factory=dict)
    tests_left_out: bool = False

    def spot(self, place: Place) -> Spot:
        """A place as it is shown."""
        source, module = self.sources[place.path], self.modules[place.path]
        starts = module.line_starts
        index = bisect_right(starts, place.start) - 1
        end = starts[index + 1] if index + 1 < len(starts) else len(source.text)
        line = source.text[starts[index] : end].rstrip("\r\n")
        return Spot(source.path, locate(module, place.start, place.end), line)

    def with_sources(self, changed: Mapping[str, Source]) -> Program:
        """This program with other texts of some of its files.

        Raises FactsError where one of them can't be parsed, or a notebook's cell no longer.
        """
        modules = {key: lower(source) for key, source in changed.items()}
        for key, module in modules.items():
            before = {problem.cell for problem in self.modules[key].problems}
            for problem in module.problems:
                if problem.cell not in before:
                    path = changed[key].path
                    raise FactsError(path, problem.message, problem.line, problem.column, problem.cell)
        sources, lowered = {**self.sources, **changed}, {**self.modules, **modules}
        return replace(self, sources=sources, modules=lowered)


def load_program(paths: Sequence[str], configurations: Configurations, progress: Progress) -> Program:
    """The program in the files and folders named. Raises PathError and ConfigError."""

    def excluded(path: str) -> bool:
        config = configurations.of_file(path)
        return matches(config.exclude, config.folder, os.path.abspath(path))

    files = find_files(paths, excluded)
    root = _root(files)
    problems: list[str] = []
    sources: dict[str, Source] = {}
    for number, path in enumerate(files, 1):
        source = _read(path, problems)
        if source is not None:
            sources[_key(path, root)] = source
        progress("reading", number, len(files))
    return _within_project(_lowered(root, sources, len(files), problems, progress))


def program_of_source(source: Source, progress: Progress) -> Program:
    """The program that is one text, such as standard input."""
    return _within_project(program_of_sources([source], progress))


def program_of_sources(sources: Iterable[Source], progress: Progress) -> Program:
    """The program that is these texts, by their paths below the current directory."""
    root = os.getcwd()
    by_key = {_key(source.path, root): source for source in sources}
    return _lowered(root, by_key, len(by_key), [], progress)


def program_at(root: str, sources: Mapping[str, Source]) -> Program:
    """The program in these files, by their keys."""
    return _within_project(_lowered(root, sources, len(sources), [], _silent))


def part_of_program(
    root: str,
    sources: Mapping[str, Source],
    lowering: Lowering,
    imports: Mapping[str, set[str]],
    *,
    tests_left_out: bool,
) -> Program:
    """The program in some files of a project that a caller goes through piece by piece. ``lowering`` may remember what it
    made of a text before; ``imports`` are the names that the files import, and maybe others; ``tests_left_out`` is the whole
    project's."""
    kept = _kept(sources, {key: imports[key] for key in sources})
    return replace(_lowered(root, sources, len(sources), [], _silent, lowering, kept), tests_left_out=tests_left_out)


def _silent(stage: str, done: int, total: int) -> None:
    """No progress is told."""


def program_of_files(root: str, keys: Iterable[str]) -> Program:
    """The program in these files, all of them lowered, by their keys. Files that can't be read are left out, with a problem each."""
    problems: list[str] = []
    sources: dict[str, Source] = {}
    modules: dict[str, ir.Module] = {}
    for key in keys:
        path = os.path.relpath(os.path.join(root, key))
        source = _read(path, problems)
        if source is None:
            continue
        try:
            modules[key] = lower(source)
            sources[key] = source
        except FactsError as error:
            problems.append(str(error))
    return _within_project(Program(root, sources, modules, len(sources), problems))


def _within_project(program: Program) -> Program:
    """The program as a part of what lies around it on disk."""
    return replace(program, tests_left_out=leaves_tests_out(program.root, program.files_read or program.sources))


def _lowered(
    root: str,
    sources: Mapping[str, Source],
    files: int,
    problems: list[str],
    progress: Progress,
    lowering: Lowering = lower,
    kept: Sequence[str] | None = None,
) -> Program:
    if kept is None:
        kept = _kept(sources, {key: imported_names(source.text) for key, source in sources.items()})
    modules: dict[str, ir.Module] = {}
    for number, key in enumerate(kept, 1):
        try:
            modules[key] = lowering(sources[key])
        except FactsError as error:
            problems.append(str(error))
        except Exception as error:
            problems.append(f"{sources[key].path}: internal error while parsing: {one_line(error)}")
        else:
            problems += [_of_cell(sources[key].path, problem) for problem in modules[key].problems]
        progress("parsing", number, len(kept))
    return Program(root, {key: sources[key] for key in modules}, modules, files, problems, sources)


def _of_cell(path: str, problem: ir.Problem) -> str:
    """What keeps one cell of a notebook from being parsed; the other cells are linted."""
    return str(FactsError(path, problem.message, problem.line, problem.column, problem.cell))


def _kept(sources: Mapping[str, Source], imports: Mapping[str, set[str]]) -> list[str]:
    """The files that can matter, and those that have a comment for trainlint."""
    matter = files_that_matter(imports, brings_torch)
    return [key for key, source in sources.items() if key in matter or COMMENT_MARK in source.text.lower()]


def _read(path: str, problems: list[str]) -> Source | None:
    try:
        return read(Path(path))
    except FactsError as error:
        problems.append(str(error))
        return None


def _root(files: Iterable[str]) -> str:
    """The current directory where all files are below it, else the nearest folder above all of them."""
    here = os.getcwd()
    folders = {os.path.dirname(os.path.abspath(file)) for file in files}
    if all(folder == here or folder.startswith(here.rstrip(os.sep) + os.sep) for folder in folders):
        return here
    return os.path.commonpath(folders)


def _key(path: str, root: str) -> str:
    return os.path.relpath(path, root).replace(os.sep, "/")
