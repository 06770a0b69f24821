"""Colours of a terminal, and text made fit to be shown on one."""

from __future__ import annotations

import re
from dataclasses import dataclass

from trainlint.findings import Level

_CODES = {"bold": "1", "dim": "2", "red": "1;31", "yellow": "1;33", "blue": "1;34", "cyan": "36"}
_LEVELS = {Level.ERROR: "red", Level.WARNING: "yellow", Level.ADVICE: "blue"}

# A linted file must not move the reader's cursor: no control characters, no bidirectional overrides.
_UNSHOWABLE = re.compile("[\x00-\x08\x0a-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")


@dataclass(frozen=True, slots=True)
class Style:
    """Paints words where ``color`` is on."""

    color: bool = False

    def paint(self, text: str, name: str) -> str:
        return f"\x1b[{_CODES[name]}m{text}\x1b[0m" if self.color and text else text

    def level(self, text: str, level: Level) -> str:
        return self.paint(text, _LEVELS[level])


def shown(text: str) -> str:
    """Text on one line and without control characters."""
    return _UNSHOWABLE.sub("\ufffd", text)
