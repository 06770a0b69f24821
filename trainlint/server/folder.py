"""One workspace folder: its files as they stand on the disk and in the editor, linted as one program."""

from __future__ import annotations

import os
from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from trainlint.config import Config, ConfigError, Configurations, Selection
from trainlint.discover import PathError, find_files
from trainlint.discover.imports import ImportGraph, imported_names
from trainlint.discover.tests import leaves_tests_out
from trainlint.engine import lint_trace, traced_program
from trainlint.facts import FactsError, Source, ir, read
from trainlint.facts.editing import Lowering, cuts, lower_pieces
from trainlint.facts.parsing import Refused
from trainlint.packs import Registry
from trainlint.patterns import matches
from trainlint.program import Program, Progress, part_of_program
from trainlint.results import Report
from trainlint.server.documents import OpenFile, OpenNotebook
from trainlint.server.layout import Layout
from trainlint.trace import Run, Start, Walk
from trainlint.trace.affected import unaffected

REMEMBERED = 64
"""Lowered texts that are kept beyond those of the program, so that undoing an edit costs nothing."""

Document = OpenFile | OpenNotebook


@dataclass(frozen=True)
class Outcome:
    """What linting the folder gave; ``documents`` are the editor's at that time, by absolute path.

    ``layouts`` tell, by the program's keys, how the texts of those lie that were linted with room in them.
    """

    program: Program
    runs: Sequence[Run]
    report: Report
    documents: Mapping[str, Document] = field(default_factory=dict)
    problems: Sequence[str] = ()
    layouts: Mapping[str, Layout] = field(default_factory=dict)


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
        self._layouts: dict[str, Layout] = {}
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
        layouts = {self._key(path): self._layouts[path] for path in documents if path in self._layouts}
        return _together(self.root, sources, parts, problems, documents, layouts)

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
        program = part_of_program(self.root, sources, self._lower, graph.imports, tests_left_out=left_out)
        problems = list(program.problems)
        trace = traced_program(program, problems, progress, self._known(program, graph))
        report = lint_trace(trace, program, registry, configurations, self.overrides, progress, problems)
        return Part(key, program, trace.runs if trace else (), trace.walks if trace else {}, report)

    def _known(self, program: Program, graph: ImportGraph) -> dict[Start, Walk]:
        """The walks of the same files that reach nothing that has changed since."""
        for part in self._parts.values():
            if part.program.modules.keys() == program.modules.keys():
                return self._still_known(part, program, graph)
        return {}

    def _still_known(self, part: Part, program: Program, graph: ImportGraph) -> dict[Start, Walk]:
        before, after = part.program.modules, program.modules
        edited = [key for key, module in after.items() if before[key] is not module]
        reaching = graph.reaching(edited)
        walks = {start: walk for start, walk in part.walks.items() if start.path not in reaching}
        if len(edited) == 1 and not graph.is_circular(edited[0]):
            key = edited[0]
            same = unaffected(before[key], after[key])
            walks |= {start: walk for start, walk in part.walks.items() if start.path == key and start.function in same}
        return walks

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
                sources[self._key(path)] = source
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
                source = document.source()
                return self._laid_out(source) if source.cells is None else source
            if path not in self._read:
                self._read[path] = None
                self._read[path] = read(Path(path))
            return self._read[path]
        except FactsError as error:
            problems.append(str(error))
            return None

    def _key(self, path: str) -> str:
        return os.path.relpath(path, self.root).replace(os.sep, "/")

    def _laid_out(self, source: Source) -> Source:
        """The source with room for edits; as it is, where it can't be parsed."""
        path, text = source.path, source.text
        layout = self._layouts.pop(path, None)
        layout = layout.edited(text) if layout is not None else None
        try:
            if layout is None:
                layout = Layout.of(text, cuts(lower_pieces(text)))
            made = replace(source, text=layout.text, digest=f"{source.digest}:{hash(layout.text)}")
            self._lower(made)
        except (FactsError, Refused):
            return source
        self._layouts[path] = layout
        self._imports.setdefault((self._key(path), made.digest), imported_names(text))
        return made

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
    layouts: Mapping[str, Layout],
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
    return Outcome(program, [run for part in parts for run in part.runs], report, dict(documents), told, layouts)


def _is_excluded(path: str, configurations: Configurations) -> bool:
    config = configurations.of_file(path)
    return matches(config.exclude, config.folder, os.path.abspath(path))


__all__ = ["ConfigError", "Document", "Folder", "Outcome"]
