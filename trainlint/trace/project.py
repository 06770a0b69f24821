"""The linted files as Python sees them: which dotted name is which file."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator, Mapping

from trainlint.facts import ir

MODULE_SUFFIXES = (".py", "/__init__.py")


class Project:
    """All facts of the linted files, by path relative to the root, and the imports between them."""

    def __init__(self, modules: Mapping[str, ir.Module]) -> None:
        self.modules = dict(modules)
        self._folders: set[str] = set()
        for path in self.modules:
            folder = posixpath.dirname(path)
            while folder not in self._folders:
                self._folders.add(folder)
                folder = posixpath.dirname(folder)
        self._found: dict[tuple[str, str], str | None] = {}

    def resolve(self, dotted: str, importer: str, entry: str) -> str | None:
        """The file (or folder with a trailing slash) that ``import dotted`` finds from a file, or None if it is not linted.

        Python looks in the folder of the started script; a checkout is often on the path too, or its ``src`` folder, so the
        folders above the importing file are tried, nearest first.
        """
        key = (dotted, importer)
        if key not in self._found:
            self._found[key] = self._search(dotted.replace(".", "/"), importer, entry)
        return self._found[key]

    def _search(self, relative: str, importer: str, entry: str) -> str | None:
        for base in self._bases(importer, entry):
            found = self.at(posixpath.join(base, relative) if base else relative)
            if found is not None and found != importer:
                return found
        return None

    def _bases(self, importer: str, entry: str) -> Iterator[str]:
        yield posixpath.dirname(entry)
        folder = posixpath.dirname(importer)
        while True:
            yield folder
            if posixpath.join(folder, "src") in self._folders:
                yield posixpath.join(folder, "src")
            if folder == posixpath.dirname(folder):
                # The linted root, or that of the file system.
                return
            folder = posixpath.dirname(folder)

    def relative(self, importer: str, level: int, module: str) -> str | None:
        """The file that ``from ..module import`` finds, or None."""
        folder = posixpath.dirname(importer)
        for _ in range(level - 1):
            folder = posixpath.dirname(folder)
        target = posixpath.join(folder, module.replace(".", "/")) if module else folder
        return self.at(target)

    def at(self, target: str) -> str | None:
        """The module file at a path without suffix; a folder without ``__init__`` gives its path with a slash."""
        for suffix in MODULE_SUFFIXES:
            if target + suffix in self.modules:
                return target + suffix
        return target + "/" if target and target in self._folders else None

    def child(self, path: str, name: str) -> str | None:
        """The submodule ``name`` of the package whose ``__init__`` file (or folder) is at ``path``."""
        if path.endswith("/"):
            return self.at(path + name)
        if posixpath.basename(path) == "__init__.py":
            return self.at(posixpath.join(posixpath.dirname(path), name))
        return None
