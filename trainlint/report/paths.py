"""The names of files as other programs want them: from the folder in which trainlint runs, with slashes."""

from __future__ import annotations

import os
from urllib.parse import quote

from trainlint.report.style import shown


def relative(filename: str) -> str:
    """The file's path from the current folder, with slashes; an absolute path where it lies on another drive."""
    try:
        return os.path.relpath(filename).replace(os.sep, "/")
    except ValueError:
        return os.path.abspath(filename).replace(os.sep, "/")


def uri(filename: str) -> str:
    """The path as a relative URI reference. Bytes that are no UTF-8 are kept."""
    path = relative(filename)
    start = "./" if ":" in path.partition("/")[0] else ""  # a colon in the first part would end a scheme
    return start + quote(path.encode("utf-8", "surrogateescape"), safe="/")


def printable(filename: str) -> str:
    """The path without characters that a text format can't hold."""
    return shown(relative(filename))
