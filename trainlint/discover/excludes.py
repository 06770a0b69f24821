"""Folders that hold nothing of the project's own."""

from __future__ import annotations

import os

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
