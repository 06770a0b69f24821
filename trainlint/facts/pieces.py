"""A program text lowered in pieces, one for each statement of the module, so that an edit costs only the pieces that it touches.

What parses as a module on its own, line by whole line, parses to the same statements before and after others: so the text
between the pieces that an edit left alone can be lowered by itself. The nearest piece on either side goes with it, since an
edit may join it (``else:`` behind an ``if``, a decorator above a function, a line that loses its end).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import chain, pairwise, takewhile

from trainlint.facts import ir
from trainlint.facts.cursor import line_starts
from trainlint.facts.moving import moved
from trainlint.facts.suppressions import suppressions


@dataclass(frozen=True, slots=True)
class Piece:
    """The facts of one statement of a module.

    It begins with the line in which the one before ends its last; ``start`` is the offset of that line, ``row`` its
    number from 0.
    """

    start: int
    row: int
    body: list[ir.Statement]
    imports: list[str]
    statements: list[ir.StatementSpan]
    strings: list[tuple[int, int]]

    def moved(self, by: int, rows: int) -> Piece:
        """The same piece, so many characters and lines further down."""
        if not by and not rows:
            return self
        return Piece(
            self.start + by,
            self.row + rows,
            [moved(statement, by) for statement in self.body],
            self.imports,
            [ir.StatementSpan(span.first + rows, span.last + rows) for span in self.statements],
            [(start + by, end + by) for start, end in self.strings],
        )


@dataclass(frozen=True, slots=True)
class Pieces:
    """A program text and its pieces, in order."""

    text: str
    pieces: Sequence[Piece]

    def module(self) -> ir.Module:
        """The facts of the whole text."""
        pieces = self.pieces
        return ir.Module(
            body=[statement for piece in pieces for statement in piece.body],
            line_starts=line_starts(self.text),
            imports=list(dict.fromkeys(chain.from_iterable(piece.imports for piece in pieces))),
            suppressions=suppressions(self.text, [span for piece in pieces for span in piece.strings]),
            statements=[span for piece in pieces for span in piece.statements],
        )

    def edited(self, text: str, lower: Callable[[str], Pieces]) -> Pieces:
        """The pieces of the text that this one has become; what changed is lowered anew by ``lower``.

        Raises what that raises where it refuses the text between the pieces that stay.
        """
        before, after = self._untouched(text)
        start, row = (self.pieces[before].start, self.pieces[before].row) if before else (0, 0)
        tail = len(self.text) - self.pieces[-after].start if after else 0
        between = text[start : len(text) - tail]
        anew = [piece.moved(start, row) for piece in lower(between).pieces]
        if not after:
            return Pieces(text, [*self.pieces[:before], *anew])
        first = self.pieces[-after]
        rows = row + len(line_starts(between)) - 1 - first.row
        later = [piece.moved(len(text) - len(self.text), rows) for piece in self.pieces[-after:]]
        return Pieces(text, [*self.pieces[:before], *anew, *later])

    def _untouched(self, text: str) -> tuple[int, int]:
        """How many pieces at the start and at the end stay: all that are the same, but for one on either side of the edit."""
        starts = [*(piece.start for piece in self.pieces), len(self.text)]
        spans = list(pairwise(starts))
        by = len(text) - len(self.text)
        before = sum(1 for _ in takewhile(lambda span: self._is_same(text, span, 0), spans))
        after = sum(1 for _ in takewhile(lambda span: self._is_same(text, span, by), reversed(spans)))
        before = max(before - 1, 0)
        after = min(max(after - 1, 0), len(spans) - before)
        while after and starts[-after - 1] + by < starts[before]:
            after -= 1  # what was deleted stood there twice
        return before, after

    def _is_same(self, text: str, span: tuple[int, int], by: int) -> bool:
        start, end = span
        return start + by >= 0 and text[start + by : end + by] == self.text[start:end]
