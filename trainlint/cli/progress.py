"""A progress bar on a terminal, once a run has taken a second."""

from __future__ import annotations

import sys
import time
from types import TracebackType
from typing import IO

DELAY = 1.0  # seconds without a bar, so that short runs show none
INTERVAL = 0.1  # seconds between two drawings
WIDTH = 24


class ProgressBar:
    """Called with a stage's name and how many of how many steps are done; draws to standard error."""

    def __init__(self, stream: IO[str] | None = None) -> None:
        self._stream = sys.stderr if stream is None else stream
        self._visible = self._stream.isatty()
        self._next = time.monotonic() + DELAY
        self._drawn = 0

    def __call__(self, stage: str, done: int, total: int) -> None:
        if not self._visible or time.monotonic() < self._next:
            return
        self._next = time.monotonic() + INTERVAL
        filled = WIDTH * done // max(total, 1)
        text = f"{stage:9} [{'#' * filled}{'.' * (WIDTH - filled)}] {done}/{total}"
        self._stream.write("\r" + text.ljust(self._drawn))
        self._stream.flush()
        self._drawn = len(text)

    def __enter__(self) -> ProgressBar:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._drawn:
            self._stream.write("\r" + " " * self._drawn + "\r")
            self._stream.flush()
