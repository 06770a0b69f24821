"""Writes a fixed file: whole, or not at all."""

from __future__ import annotations

import os
from pathlib import Path

from trainlint.writing import replace


class WriteError(Exception):
    """A file was left as it was; the text is one line for the user."""


def write(path: str, before: bytes, after: bytes) -> None:
    """Put new bytes in place of the old ones at once; a link stays a link, and the file keeps its mode.

    Raises WriteError where the file is another one than it was, or can't be written.
    """
    try:
        if Path(os.path.realpath(path)).read_bytes() != before:
            raise WriteError(f"{path}: has changed since it was linted, so it was not fixed; run trainlint again")
        replace(path, after)
    except OSError as error:
        raise WriteError(f"{path}: can't be written: {error.strerror or error}; it is as it was") from error
