"""The packages that installed distributions offer under an entry point group.

Reads the ``entry_points.txt`` of each distribution on the path itself: importlib.metadata gives the same, but importing
it takes longer than all else that ``trainlint --version`` does.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence


def entry_points(group: str, path: Sequence[str]) -> dict[str, str]:
    """Name to value of the group's entry points in all distributions on the path; the first of a name wins."""
    found: dict[str, str] = {}
    for file in _entry_point_files(path):
        for name, value in _group(file, group):
            found.setdefault(name, value)
    return found


def _entry_point_files(path: Sequence[str]) -> Iterator[str]:
    for folder in dict.fromkeys(entry or os.curdir for entry in path):
        try:
            names = sorted(name for name in os.listdir(folder) if name.endswith((".dist-info", ".egg-info")))
        except OSError:
            continue  # the path may name archives and folders that do not exist
        for name in names:
            file = os.path.join(folder, name, "entry_points.txt")
            if os.path.isfile(file):
                yield file


def _group(file: str, group: str) -> Iterator[tuple[str, str]]:
    with open(file, encoding="utf-8") as stream:
        text = stream.read()
    if group not in text:
        return
    inside = False
    for line in text.splitlines():
        stripped = line.strip()
        if stripped.startswith("["):
            inside = stripped == f"[{group}]"
        elif inside and "=" in stripped and not stripped.startswith(("#", ";")):
            name, _, value = stripped.partition("=")
            yield name.strip(), value.strip()
