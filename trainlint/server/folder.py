"""One workspace folder: its files as they stand on the disk and in the editor, linted as one program."""

from __future__ import annotations

import os
from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from trainlint.config import Config, ConfigError, Configurations, Selection
from trainlint.discover import PathError, find_files
from trainlint.discover.imports import ImportGraph, imported_names
from trainlint.discover.tests import leaves_tests_out
from trainlint.engine import lint_trace, traced_program
from trainlint.facts import FactsError, Source, ir, read
from trainlint.facts.editing import Lowering
from trainlint.packs import Registry
from trainlint.patterns import matches
from trainlint.program import Program, Progress, part_of_program
from trainlint.results import Report
from trainlint.server.documents import OpenFile, OpenNotebook
from trainlint.trace import Run, Start, Walk

REMEMBERED = 512
"""Lowered texts that are kept beyond those of the program, so that undoing an edit costs nothing."""

Document = OpenFile | OpenNotebook


@dataclass(frozen=True)
class Outcome:
    """What linting the folder gave; ``documents`` are the editor's at that time, by absolute path."""

    program: Program
    runs: Sequence[Run]
    report: Report
    documents: Mapping[str, Document] = field(default_factory=dict)
    problems: Sequence[str] = ()


@dataclass(frozen=True)
class Part:
    """What linting one group of files gave; ``key`` names all that it depends on, but for the configuration."""

    key: tuple[object, ...]
    program: Program
    runs: Sequence[Run]
    walks: Mapping[Start, Walk]
    report: Report


class Folder:
    """Files are read when they are first needed, and again when the editor tells of a change on the disk.

    ``registry_for`` gives the rules that govern a folder. Not safe for use by several threads at once.
    """

    def __init__(self, root: str, registry_for: Callable[[str], Registry], *, is_single: bool = False) -> None:
        self.root = os.path.realpath(root)
        self.overrides = Selection(None, (), ())
        self.is_single = is_single
        self._registry_for = registry_for
        self._files: list[str] | None = None
        self._read: dict[str, Source | None] = {}
        self._lowered: OrderedDict[tuple[str, str], ir.Module] = OrderedDict()
        self._lowerings: dict[str, Lowering] = {}
        self._imports: dict[tuple[str, str], set[str]] = {}
        self._parts: dict[tuple[object, ...], Part] = {}
        self.registry: Registry | None = None
        self._configurations: Configurations | None = None

    def forget_files(self) -> None:
        """Files were made or deleted."""
        self._files = None

    def forget(self, path: str) -> None:
        """A file changed on the disk."""
        self._read.pop(path, None)

    def forget_configuration(self) -> None:
        """Settings, a configuration file or a rule changed."""
        self.registry = self._configurations = None
        self._files = None
        self._parts = {}

    def lint(self, documents: Mapping[str, Document], progress: Progress) -> Outcome:
        """Lint the folder with the editor's documents in place of the files. Raises ConfigError."""
        registry, configurations = self._settings()
        problems: list[str] = []
        sources = self._sources(documents, configurations, problems, progress)
        left_out = leaves_tests_out(self.root, sources)
        graph = self._graph(sources)
        groups = [{key: sources[key] for key in group} for group in graph.groups()]
        parts = [self._part(group, graph, left_out, registry, configurations, progress) for group in groups]
        for part in parts:
            problems += part.report.problems
        self._parts = {part.key: part for part in parts}
        while len(self._lowered) > len(sources) + REMEMBERED:
            self._lowered.popitem(last=False)
        return _together(self.root, sources, parts, problems, documents)

    def _graph(self, sources: Mapping[str, Source]) -> ImportGraph:
        """What imports what: an edit costs the files alone that have to do with it."""
        for key, source in sources.items():
            name = (key, source.digest)
            if name not in self._imports:
                self._imports[name] = imported_names(source.text)
        imports = {key: self._imports[key, source.digest] for key, source in sources.items()}
        self._imports = {(key, source.digest): imports[key] for key, source in sources.items()}
        return ImportGraph(imports)

    def _part(
        self,
        sources: Mapping[str, Source],
        graph: ImportGraph,
        left_out: bool,
        registry: Registry,
        configurations: Configurations,
        progress: Progress,
    ) -> Part:
        key = (left_out, self.overrides, *((name, source.digest) for name, source in sources.items()))
        same = self._parts.get(key)
        if same is not None:
            return same
        program = part_of_program(self.root, sources, self._lower, tests_left_out=left_out)
        problems = list(program.problems)
        trace = traced_program(program, problems, progress, self._known(program, graph))
        report = lint_trace(trace, program, registry, configurations, self.overrides, progress, problems)
        return Part(key, program, trace.runs if trace else (), trace.walks if trace else {}, report)

    def _known(self, program: Program, graph: ImportGraph) -> dict[Start, Walk]:
        """The walks of the same files in which none is reached that has changed since."""
        for part in self._parts.values():
            if part.program.modules.keys() == program.modules.keys():
                before = part.program.modules
                changed = graph.reaching(key for key, module in program.modules.items() if before[key] is not module)
                return {start: walk for start, walk in part.walks.items() if start.path not in changed}
        return {}

    def is_linted(self, path: str) -> bool:
        """Whether a file is part of the program. Raises ConfigError."""
        _, configurations = self._settings()
        return not _is_excluded(path, configurations)

    def _settings(self) -> tuple[Registry, Configurations]:
        if self.registry is None or self._configurations is None:
            self.registry = self._registry_for(self.root)
            pinned = Config(folder=self.root) if self.is_single and not os.path.isdir(self.root) else None
            self._configurations = Configurations(self.registry, pinned)
        return self.registry, self._configurations

    def _sources(
        self,
        documents: Mapping[str, Document],
        configurations: Configurations,
        problems: list[str],
        progress: Progress,
    ) -> dict[str, Source]:
        paths = dict.fromkeys([*self._on_disk(configurations), *documents])
        sources: dict[str, Source] = {}
        for number, path in enumerate(paths, 1):
            source = self._source(path, documents.get(path), problems)
            if source is not None and not (path in documents and _is_excluded(path, configurations)):
                sources[os.path.relpath(path, self.root).replace(os.sep, "/")] = source
            progress("reading", number, len(paths))
        return sources

    def _on_disk(self, configurations: Configurations) -> list[str]:
        if self.is_single:
            return []
        if self._files is None:
            try:
                self._files = find_files([self.root], lambda path: _is_excluded(path, configurations))
            except PathError:
                self._files = []
        return self._files

    def _source(self, path: str, document: Document | None, problems: list[str]) -> Source | None:
        try:
            if document is not None:
                return document.source()
            if path not in self._read:
                self._read[path] = None
                self._read[path] = read(Path(path))
            return self._read[path]
        except FactsError as error:
            problems.append(str(error))
            return None

    def _lower(self, source: Source) -> ir.Module:
        key = (source.path, source.digest)
        if key not in self._lowered:
            self._lowered[key] = self._lowerings.setdefault(source.path, Lowering()).lower(source)
        self._lowered.move_to_end(key)
        return self._lowered[key]


def _together(
    root: str,
    sources: Mapping[str, Source],
    parts: Sequence[Part],
    problems: list[str],
    documents: Mapping[str, Document],
) -> Outcome:
    program = Program(
        root,
        {key: source for part in parts for key, source in part.program.sources.items()},
        {key: module for part in parts for key, module in part.program.modules.items()},
        len(sources),
        problems,
        sources,
    )
    diagnoses = [diagnosis for part in parts for diagnosis in part.report.diagnoses]
    diagnoses.sort(key=lambda each: (each.spot.filename, each.finding.place.start))
    told = tuple(dict.fromkeys(problems))
    report = Report(tuple(diagnoses), told, len(sources))
    return Outcome(program, [run for part in parts for run in part.runs], report, dict(documents), told)


def _is_excluded(path: str, configurations: Configurations) -> bool:
    config = configurations.of_file(path)
    return matches(config.exclude, config.folder, os.path.abspath(path))


__all__ = ["ConfigError", "Document", "Folder", "Outcome"]
