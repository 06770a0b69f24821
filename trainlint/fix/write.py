"""Writes a fixed file: whole, or not at all."""

from __future__ import annotations

import contextlib
import os
import shutil
import tempfile
from pathlib import Path


class WriteError(Exception):
    """A file was left as it was; the text is one line for the user."""


def write(path: str, before: bytes, after: bytes) -> None:
    """Put new bytes in place of the old ones at once; a link stays a link, and the file keeps its mode.

    Raises WriteError where the file is another one than it was, or can't be written.
    """
    target = os.path.realpath(path)
    try:
        if Path(target).read_bytes() != before:
            raise WriteError(f"{path}: has changed since it was linted, so it was not fixed; run trainlint again")
        _replace(target, after)
    except OSError as error:
        raise WriteError(f"{path}: can't be written: {error.strerror or error}; it is as it was") from error


def _replace(target: str, data: bytes) -> None:
    descriptor, temporary = tempfile.mkstemp(dir=os.path.dirname(target), prefix=".trainlint-", suffix=".tmp")
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        shutil.copymode(target, temporary)
        if not os.access(target, os.W_OK):
            raise PermissionError(13, "Permission denied")
        os.replace(temporary, target)
    except BaseException:
        with contextlib.suppress(OSError):
            os.unlink(temporary)
        raise
