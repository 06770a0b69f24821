"""A quick look at a file's imports, without parsing it, and which files can have to do with training.

A file matters where a program that it takes part in reaches a library of deep learning: its own imports do, those
of a file that it imports, or it is imported by a file for which that holds.
"""

from __future__ import annotations

import re
import sys
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping

_IMPORT = re.compile(r"^[ \t]*(?:>>> )?import[ \t]+([^#;\n]+)", re.MULTILINE)
_FROM = re.compile(r"^[ \t]*from[ \t]+(\.*[ \t]*[\w.]*)[ \t]+import[ \t]*(\([^)]*\)|[^#;\n]*)", re.MULTILINE)
_LATER = re.compile(r"[:;][ \t]*(?=(?:import|from)[ \t])")  # ``try: import torch``
_CONTINUED = re.compile(r"\\\r?\n")
_WORD = re.compile(r"[\w.]+")


def imported_names(text: str) -> set[str]:
    """The dotted names that a file's import statements mention (``from a import b`` gives ``a`` and ``a.b``).

    Relative ones keep their leading dots. What only looks like an import, in a string, may be among them.
    """
    if "import" not in text:
        return set()
    text = _LATER.sub("\n", _CONTINUED.sub(" ", text))
    names = {alias.split()[0] for clause in _IMPORT.findall(text) for alias in clause.split(",") if alias.strip()}
    for module, members in _FROM.findall(text):
        module = module.replace(" ", "")
        joint = "" if module.endswith(".") else "."
        names.add(module)
        names.update(f"{module}{joint}{member}" for member in _members(members))
    return names


def _members(clause: str) -> Iterator[str]:
    for line in clause.strip("()").split("\n"):
        for part in line.partition("#")[0].split(","):
            first = _WORD.search(part)
            if first:
                yield first.group()


class ImportGraph:
    """Which files (posix path to imported names) may import which."""

    def __init__(self, imports: Mapping[str, set[str]]) -> None:
        local = LocalModules(imports)
        self.imports = imports
        self._imported = {path: local.targets(path, names) for path, names in imports.items()}
        self._importers: dict[str, set[str]] = defaultdict(set)
        for path, imported in self._imported.items():
            for other in imported:
                self._importers[other].add(path)

    def groups(self) -> list[list[str]]:
        """The files in groups that have no import between them, each in the given order."""
        neighbours = {path: imported | self._importers[path] for path, imported in self._imported.items()}
        groups: list[list[str]] = []
        placed: set[str] = set()
        for path in self.imports:
            if path not in placed:
                group = _closure([path], neighbours)
                placed |= group
                groups.append([each for each in self.imports if each in group])
        return groups

    def reaching(self, paths: Iterable[str]) -> set[str]:
        """These files, and those that import one of them, directly or through others."""
        return _closure(paths, self._importers)

    def reached(self, paths: Iterable[str]) -> set[str]:
        """These files, and those that one of them imports, directly or through others."""
        return _closure(paths, self._imported)

    def is_circular(self, path: str) -> bool:
        """Whether a file imports one that imports it, directly or through others."""
        return path in self.reached(self._imported[path])


def files_that_matter(imports: Mapping[str, set[str]], is_known: Callable[[str], bool]) -> set[str]:
    """Of the files (posix path to imported names), those with a route to a known library, in either direction.

    ``is_known`` tells of a dotted name whether the knowledge tables cover its library.
    """
    libraries: dict[str, bool] = {}
    seeds = {path for path, names in imports.items() if any(_known(name, is_known, libraries) for name in names)}
    graph = ImportGraph(imports)
    return graph.reached(graph.reaching(seeds))


def _known(name: str, is_known: Callable[[str], bool], seen: dict[str, bool]) -> bool:
    if name.startswith("."):
        return False
    top = name.partition(".")[0]
    if top not in seen:
        seen[top] = is_known(top)
    return seen[top]


def _closure(seeds: Iterable[str], edges: Mapping[str, set[str]]) -> set[str]:
    reached = set(seeds)
    waiting = list(reached)
    while waiting:
        for other in edges.get(waiting.pop(), ()):
            if other not in reached:
                reached.add(other)
                waiting.append(other)
    return reached


class LocalModules:
    """Finds the linted files that an import may mean: as Python would from any folder above, else by their tail."""

    def __init__(self, paths: Iterable[str]) -> None:
        self._by_module: dict[str, str] = {}
        # By the last part, and by the last two: a large tree has many files of one name, but `torch.utils.data` is none of them.
        self._by_tail: dict[str, list[str]] = defaultdict(list)
        for path in paths:
            module = _module_path(path)
            self._by_module[module] = path
            for tail in {_tail(module, 1), _tail(module, 2)}:
                self._by_tail[tail].append(module)

    def targets(self, path: str, names: Iterable[str]) -> set[str]:
        """The files that these imports in the file ``path`` may load, the packages on the way included."""
        folder = path.rpartition("/")[0]
        found: set[str] = set()
        for name in names:
            dots = len(name) - len(name.lstrip("."))
            parts = [part for part in name[dots:].split(".") if part]
            if dots:
                start = folder.split("/")[: len(folder.split("/")) - (dots - 1)] if folder else []
                self._take(found, "/".join(start), parts, exact=True)
            else:
                self._take(found, folder, parts, exact=False)
        found.discard(path)
        return found

    def _take(self, found: set[str], folder: str, parts: list[str], *, exact: bool) -> None:
        if not parts and exact:
            parts = [""]
        for count in range(1, len(parts) + 1):
            found.update(self._files(folder, "/".join(parts[:count]), exact=exact))

    def _files(self, folder: str, module: str, *, exact: bool) -> Iterator[str]:
        while True:
            path = self._by_module.get(f"{folder}/{module}".strip("/"))
            if path is not None or exact:
                if path is not None:
                    yield path
                return
            if not folder:
                break
            folder = folder.rpartition("/")[0]
        if module.partition("/")[0] in sys.stdlib_module_names:
            return
        for candidate in self._by_tail.get(_tail(module, 2), ()):
            if candidate == module or candidate.endswith("/" + module):
                yield self._by_module[candidate]


def _module_path(path: str) -> str:
    stem = path.rpartition(".")[0]
    return stem[: -len("/__init__")] if stem.endswith("/__init__") else stem


def _tail(module: str, parts: int) -> str:
    return "/".join(module.split("/")[-parts:])
