"""Whether a project keeps tests that are not among the linted files."""

from __future__ import annotations

import os
from collections.abc import Collection

FOLDERS = ("tests", "test")
# What stands in the top folder of a project.
MARKS = (".git", "pyproject.toml", "setup.py", "setup.cfg")
# How far above the linted files the project's top folder is looked for.
LEVELS = 4


def leaves_tests_out(root: str, files: Collection[str]) -> bool:
    """Whether the project around ``root`` has a folder of tests of which no file is linted. ``files`` are relative to ``root``,
    with slashes."""
    top = _top(root)
    below = [name for name in FOLDERS if os.path.isdir(os.path.join(top, name))]
    for name in below:
        folder = os.path.join(top, name)
        if root == folder or root.startswith(folder + os.sep):
            return False
        start = os.path.relpath(folder, root).replace(os.sep, "/") + "/"
        if not any(file.startswith(start) for file in files):
            return True
    return False


def _top(root: str) -> str:
    """The project's top folder, else ``root``."""
    folder = root
    for _ in range(LEVELS):
        if any(os.path.exists(os.path.join(folder, mark)) for mark in MARKS):
            return folder
        folder = os.path.dirname(folder)
    return root
