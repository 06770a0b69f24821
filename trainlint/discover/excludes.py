"""Folders that hold nothing of the project's own, and patterns of the configuration."""

from __future__ import annotations

import os
from collections.abc import Sequence
from functools import lru_cache

import pathspec

EXCLUDED_FOLDERS = frozenset(
    {
        ".bzr",
        ".eggs",
        ".git",
        ".hg",
        ".hypothesis",
        ".ipynb_checkpoints",
        ".mypy_cache",
        ".nox",
        ".pants.d",
        ".pytest_cache",
        ".pytype",
        ".ruff_cache",
        ".svn",
        ".tox",
        ".trainlint_cache",
        ".venv",
        "__pycache__",
        "__pypackages__",
        "node_modules",
        "site-packages",
        "venv",
    }
)
BUILD_FOLDERS = frozenset({"_build", "build", "dist"})
"""What builds leave behind; but a package may have such a name, so that these are excluded only where they are none."""


def excluded_folder(path: str) -> bool:
    """Whether a folder is excluded for its name, or for being a virtual environment or what a build left."""
    name = os.path.basename(path)
    if name in EXCLUDED_FOLDERS or name.endswith(".egg-info"):
        return True
    if name in BUILD_FOLDERS and not os.path.exists(os.path.join(path, "__init__.py")):
        return True
    return os.path.exists(os.path.join(path, "pyvenv.cfg"))


class FolderExcludes:
    """Answers for relative paths below one base whether a folder on the way is excluded, each folder asked once."""

    def __init__(self, base: str) -> None:
        self._base = base
        self._known: dict[str, bool] = {"": False}

    def __call__(self, folder: str) -> bool:
        known = self._known.get(folder)
        if known is None:
            parent = os.path.dirname(folder)
            known = self(parent) or excluded_folder(os.path.join(self._base, folder))
            self._known[folder] = known
        return known


def matches(patterns: Sequence[str], folder: str, path: str) -> bool:
    """Whether a file matches one of the gitignore patterns, which are relative to ``folder``. The path is absolute."""
    if not patterns:
        return False
    relative = os.path.relpath(path, folder).replace(os.sep, "/")
    return not relative.startswith("../") and compiled(tuple(patterns)).match_file(relative)


@lru_cache(maxsize=256)
def compiled(patterns: tuple[str, ...]) -> pathspec.GitIgnoreSpec:
    """The patterns in gitignore's language. Raises ValueError for one that is not understood."""
    return pathspec.GitIgnoreSpec.from_lines(patterns)
