"""A text with room after each of its definitions, so that an edit in one of them moves none of the others.

The trace is made of places. Were each keystroke to move all that stands behind it, nothing of what was worked out before
would hold any more. So the text that is linted is not quite that of the editor: between the definitions of the module lie
empty lines and a comment, which shrink when the text in front of them grows. It means the same to Python.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import accumulate, pairwise

from trainlint.facts.cursor import line_starts

ROOM = (1500, 30)
"""Characters and lines that may come to a definition before all places move."""


@dataclass(frozen=True)
class Layout:
    """Pieces of a text, and how many characters and lines of the linted text each has with its room. The last has none."""

    chunks: Sequence[str]
    slots: Sequence[tuple[int, int]]

    @classmethod
    def of(cls, text: str, cuts: Sequence[int]) -> Layout:
        """Lay a text out, with room at these offsets, each the start of a line between two statements."""
        chunks = [text[start:end] for start, end in pairwise([0, *cuts, len(text)])]
        return cls(chunks, [(len(chunk) + ROOM[0], _rows(chunk) + ROOM[1]) for chunk in chunks])

    @cached_property
    def text(self) -> str:
        """The linted text."""
        *before, last = zip(self.chunks, self.slots, strict=True)
        return "".join([*(f"{chunk}{_room(chunk, slot)}" for chunk, slot in before), last[0]])

    def edited(self, text: str) -> Layout | None:
        """The layout of the text that this one became, in which all else has kept its place; None where there is no room."""
        before, after = self._untouched(text)
        start = sum(map(len, self.chunks[:before]))
        end = len(text) - sum(map(len, self.chunks[len(self.chunks) - after :]))
        middle = text[start:end]
        taken = self.slots[before : len(self.slots) - after]
        slot = (sum(chars for chars, _ in taken), sum(rows for _, rows in taken))
        if after and not _fits(middle, slot):
            return None
        chunks = [*self.chunks[:before], middle, *self.chunks[len(self.chunks) - after :]]
        return Layout(chunks, [*self.slots[:before], slot, *self.slots[len(self.slots) - after :]])

    def _untouched(self, text: str) -> tuple[int, int]:
        """How many chunks at the start and at the end of the text have stayed; at least one has not."""
        before, at = 0, 0
        while before < len(self.chunks) - 1 and text.startswith(self.chunks[before], at):
            at += len(self.chunks[before])
            before += 1
        after, end = 0, len(text)
        while before + after < len(self.chunks) - 1:
            chunk = self.chunks[-1 - after]
            if end - len(chunk) < at or not text.startswith(chunk, end - len(chunk)):
                break
            end -= len(chunk)
            after += 1
        return before, after

    def to_editor(self, row: int) -> int:
        """The editor's line (from 0) for a line of the linted text; of the room, the line behind it."""
        index = bisect_right(self._starts, row) - 1
        within = row - self._starts[index]
        is_last = index == len(self.chunks) - 1
        return self._rows[index] + (within if is_last else min(within, _rows(self.chunks[index])))

    def to_linted(self, row: int) -> int:
        """The line of the linted text for the editor's."""
        index = bisect_right(self._rows, row) - 1
        return self._starts[index] + row - self._rows[index]

    @cached_property
    def _starts(self) -> list[int]:
        return list(accumulate((rows for _, rows in self.slots[:-1]), initial=0))

    @cached_property
    def _rows(self) -> list[int]:
        return list(accumulate(map(_rows, self.chunks[:-1]), initial=0))


_INDENT = 4 * " "


def _rows(text: str) -> int:
    return len(line_starts(text)) - 1


def _room(chunk: str, slot: tuple[int, int]) -> str:
    chars, rows = slot[0] - len(chunk), slot[1] - _rows(chunk)
    # The comment is indented as the body of a definition, by which LibCST takes it for a part of the one before it.
    return "\n" * (rows - 1) + (_INDENT + "#" * (chars - rows - len(_INDENT)))[: chars - rows] + "\n"


def _fits(chunk: str, slot: tuple[int, int]) -> bool:
    """Whether a chunk leaves room, and ends such that a line may follow."""
    chars, rows = slot[0] - len(chunk), slot[1] - _rows(chunk)
    ends = not chunk or (chunk.endswith("\n") and not chunk.rstrip().endswith("\\"))
    return ends and chars > rows >= 1
