"""Files that are written whole or not at all."""

from __future__ import annotations

import contextlib
import os
import shutil
import stat
import tempfile
from pathlib import Path


def replace(path: str, data: bytes) -> None:
    """Put bytes in place of what a file holds, at once; a file that isn't there yet is made. A link stays a link, and the
    file keeps its mode. What is no file (a pipe, a terminal, ``/dev/null``) is written to. Raises OSError."""
    target = os.path.realpath(path)
    if os.path.exists(target) and not stat.S_ISREG(os.stat(target).st_mode):
        with open(path, "wb") as stream:
            stream.write(data)
        return
    descriptor, temporary = tempfile.mkstemp(dir=os.path.dirname(target), prefix=".trainlint-", suffix=".tmp")
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        _take_mode(target, temporary)
        os.replace(temporary, target)
    except BaseException:
        with contextlib.suppress(OSError):
            os.unlink(temporary)
        raise


def create(path: str, text: str) -> None:
    """Write a file that must not be there yet, and the folders above it. Raises OSError."""
    Path(path).parent.mkdir(parents=True, exist_ok=True)
    with open(path, "x", encoding="utf-8", newline="\n") as file:
        file.write(text)


def _take_mode(target: str, temporary: str) -> None:
    if os.path.exists(target):
        shutil.copymode(target, temporary)
        if not os.access(target, os.W_OK):
            raise PermissionError(13, "Permission denied")
    else:  # a temporary file is its owner's alone
        mask = os.umask(0)
        os.umask(mask)
        os.chmod(temporary, 0o666 & ~mask)
