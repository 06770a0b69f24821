"""Which rounds of a run's loops are written down in full."""

from __future__ import annotations

from trainlint.trace.events import Frame

from .stack import Moment

FULL_ROUNDS = 2
"""Rounds of an outer loop that are written down in full, as many as the static trace walks."""

FULL_BATCHES = 32
"""The same for an innermost loop: accumulation over fewer batches than these is seen from step to step."""


class Rounds:
    """The first rounds of each loop, and the one after a round that brought something new.

    A round is written down from its beginning to its end or not at all: half a round would show a step without its
    backward pass.
    """

    def __init__(self) -> None:
        self._outer: dict[int, int] = {}
        self._next: dict[int, int] = {}

    def in_full(self, moment: Moment) -> bool:
        """Whether all loops around a moment are in such a round."""
        for frame in moment.frames[:-1]:
            if not frame.loop.unrolled:
                # Known from now on to hold a loop; the present round was begun in full, if it was.
                self._outer.setdefault(id(frame.loop), max(FULL_ROUNDS, frame.round + 1))
        return all(self._is_full(frame) for frame in moment.frames if not frame.loop.unrolled)

    def _is_full(self, frame: Frame) -> bool:
        number = id(frame.loop)
        return frame.round < self._outer.get(number, FULL_BATCHES) or frame.round == self._next.get(number)

    def write_next(self, moment: Moment) -> None:
        """Something new happened at a moment in the middle of a round: let the next one be written down."""
        for frame in moment.frames:
            if not self._is_full(frame):
                self._next[id(frame.loop)] = frame.round + 1
