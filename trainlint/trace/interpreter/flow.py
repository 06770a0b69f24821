"""How a block of statements ends."""

from __future__ import annotations

import enum


class Flow(enum.Enum):
    NORMAL = "normal"
    RETURN = "return"
    BREAK = "break"
    CONTINUE = "continue"
    RAISE = "raise"
