"""Walks a folder without git's help, honouring the .gitignore files in it."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import TYPE_CHECKING

from trainlint.discover.excludes import excluded_folder
from trainlint.patterns import compiled

if TYPE_CHECKING:
    from pathspec import GitIgnoreSpec


def walked_files(base: str) -> Iterator[str]:
    """Files below a folder, relative to it, apart from excluded and ignored ones. Links to folders are not followed."""
    yield from _walk(base, "", [])


def _walk(base: str, relative: str, inherited: list[tuple[str, GitIgnoreSpec]]) -> Iterator[str]:
    folder = os.path.join(base, relative) if relative else base
    try:
        entries = sorted(os.scandir(folder), key=lambda entry: entry.name)
    except OSError:
        return  # a folder that may not be read holds nothing that could be linted
    specs = inherited + _own_spec(folder, relative)
    for entry in entries:
        path = f"{relative}/{entry.name}" if relative else entry.name
        if entry.is_dir(follow_symlinks=False):
            if not excluded_folder(entry.path) and not _ignored(path + "/", specs):
                yield from _walk(base, path, specs)
        elif not _ignored(path, specs):
            yield path


def _own_spec(folder: str, relative: str) -> list[tuple[str, GitIgnoreSpec]]:
    try:
        with open(os.path.join(folder, ".gitignore"), encoding="utf-8", errors="replace") as stream:
            lines = stream.read().splitlines()
    except OSError:
        return []
    prefix = f"{relative}/" if relative else ""
    return [(prefix, compiled(filter(_valid, lines)))]


def _valid(line: str) -> bool:
    """Whether gitignore's language has this pattern; git skips the others as well."""
    try:
        compiled([line])
    except ValueError:
        return False
    return True


def _ignored(path: str, specs: list[tuple[str, GitIgnoreSpec]]) -> bool:
    for prefix, spec in reversed(specs):
        verdict = spec.check_file(path[len(prefix) :]).include
        if verdict is not None:
            return verdict
    return False
