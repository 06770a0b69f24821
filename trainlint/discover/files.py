"""Turns the paths of a command line into the files to lint."""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Callable, Iterable, Iterator

from trainlint.discover.excludes import FolderExcludes
from trainlint.discover.git import ignores, listed_files
from trainlint.discover.walk import walked_files

SUFFIXES = (".py", ".ipynb")


class PathError(Exception):
    """A path of the command line that leads to no file or folder that can be read; its text is one line for the user."""


def find_files(paths: Iterable[str], excluded: Callable[[str], bool]) -> list[str]:
    """The files to lint, sorted, as the paths were given, each file once also where links lead to it twice.

    A file that is named is always taken; in a named folder only Python files and notebooks that neither .gitignore nor
    ``excluded`` (asked with the path) leaves out. Raises PathError for a path that does not exist, and
    for a folder that may not be read.
    """
    named: dict[str, str] = {}
    found: dict[str, str] = {}
    for path in paths:
        if os.path.isdir(path):
            if not os.access(path, os.R_OK | os.X_OK):
                raise PathError(f"{path}: can't be read: {os.strerror(errno.EACCES)}")
            for file in _files_below(path):
                if not excluded(file):
                    _add(found, file)
        elif os.path.exists(path):
            _add(named, os.path.normpath(path))
        else:
            raise PathError(f"{path}: no such file or directory")
    return sorted((found | named).values())


def _add(files: dict[str, str], path: str) -> None:
    """Keep one path a file: its own rather than a link's."""
    real = os.path.realpath(path)
    if real not in files or not os.path.islink(path):
        files[real] = path


def _files_below(folder: str) -> Iterator[str]:
    base = os.path.normpath(folder)
    for relative in _relative_files(base):
        path = relative if base == os.curdir else os.path.join(base, relative)
        if relative.endswith(SUFFIXES):
            if _may_be_read(path):
                yield path
        elif os.path.isdir(path) and not os.path.islink(path.rstrip("/")):
            yield from _files_below(path)  # a repository inside the repository


def _may_be_read(path: str) -> bool:
    """Whether there is a file: git lists deleted ones, and links may lead nowhere. Whoever reads it says what is forbidden."""
    try:
        return stat.S_ISREG(os.stat(path).st_mode)
    except PermissionError:
        return True
    except OSError:
        return False


def _relative_files(base: str) -> Iterator[str]:
    listed = listed_files(base)
    # git names a folder itself, "./", where it is the empty place of a submodule that is not checked out.
    if listed is None or listed == ["./"] or (not listed and ignores(base)):
        yield from walked_files(base)
        return
    in_excluded_folder = FolderExcludes(base)
    for relative in listed:
        if not in_excluded_folder(os.path.dirname(relative.rstrip("/"))):
            yield relative
