"""Which steps are measured: often at the beginning, where most goes wrong, then seldom."""

from __future__ import annotations

FIRST = 4
"""Steps at the very beginning that are all measured."""


class Cadence:
    """Steps 0 to 3, then every tenth, then at a fifth of the steps made, and at most ``every`` steps apart.

    Raises ``ValueError`` where ``every`` is below 1.
    """

    def __init__(self, every: int) -> None:
        if every < 1:
            raise ValueError(f"every must be at least 1 step, not {every}")
        self._every = every
        self._next = 0

    def due(self, step: int) -> bool:
        """Whether ``step`` is measured; steps must be asked for in order."""
        if step < self._next:
            return False
        distance = 1 if step < FIRST else max(10, step // 5)
        self._next = step + min(self._every, distance)
        return True
