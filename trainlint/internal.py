"""Errors in trainlint itself, as they reach a user."""

from __future__ import annotations

import os


def one_line(error: Exception) -> str:
    """An unexpected exception in one line, with the place where it arose."""
    frame = error.__traceback__
    while frame is not None and frame.tb_next is not None:
        frame = frame.tb_next
    where = f" ({os.path.basename(frame.tb_frame.f_code.co_filename)}:{frame.tb_lineno})" if frame else ""
    return f"{type(error).__name__}: {' '.join(str(error).split())}{where}; please report this"
