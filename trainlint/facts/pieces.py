"""A program text lowered in pieces, one for each statement, so that an edit costs only the pieces that it touches.

What parses by itself, line by whole line, parses to the same statements before and after others, and at the same depth: so the
text between the pieces that an edit left alone can be lowered on its own. The nearest piece on either side goes with it,
since an edit may join it (``else:`` behind an ``if``, a decorator above a function, a line that loses its end).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import chain, pairwise, takewhile
from typing import TypeAlias

import msgspec

from trainlint.facts import ir
from trainlint.facts.cursor import line_starts
from trainlint.facts.moving import moved
from trainlint.facts.parsing import Refused
from trainlint.facts.suppressions import suppressions

Lower: TypeAlias = Callable[[str, str], "Sequence[Piece]"]
"""Makes pieces of the text of a block that is indented by these blanks. Raises Refused."""

_BEFORE_CODE = re.compile(r"(?:[ \t\f]*(?:#[^\r\n]*)?(?:\r\n?|\n))*([ \t\f]*)")
_HALF_LINE = re.compile(r"\\(?:\r\n?|\n)?[ \t\f]*$")


@dataclass(frozen=True, slots=True)
class Piece:
    """The facts of one line of simple statements, or of a compound statement.

    It begins with the line after that in which the one before ends; ``start`` is that line's offset, ``row`` its number from
    0, ``stop`` where its last token ends. Where ``inner`` holds the pieces of the statement's body, which ends it, the
    lists tell of its header alone, as ``yields`` does.
    """

    start: int
    row: int
    stop: int
    body: list[ir.Statement]
    imports: list[str]
    statements: list[ir.StatementSpan]
    strings: list[tuple[int, int]]
    yields: bool
    inner: Sequence[Piece] = ()

    def moved(self, by: int, rows: int) -> Piece:
        """The same piece, so many characters and lines further down."""
        if not by and not rows:
            return self
        inner = [piece.moved(by, rows) for piece in self.inner]
        body = [msgspec.structs.replace(self.body[0], body=[])] if inner else self.body
        there = Piece(
            self.start + by,
            self.row + rows,
            self.stop + by,
            [moved(statement, by) for statement in body],
            self.imports,
            [ir.StatementSpan(span.first + rows, span.last + rows) for span in self.statements],
            [(start + by, end + by) for start, end in self.strings],
            self.yields,
        )
        return there.holding(inner) if inner else there

    def holding(self, inner: Sequence[Piece]) -> Piece:
        """The same statement with another body."""
        changes: dict[str, object] = {"body": [statement for piece in inner for statement in piece.body]}
        (node,) = self.body
        if isinstance(node, ir.FunctionDef | ir.ClassDef):
            changes["body_end"] = inner[-1].stop
        if isinstance(node, ir.FunctionDef):
            changes["is_generator"] = any(piece.has_yield for piece in inner)
        body: list[ir.Statement] = [msgspec.structs.replace(node, **changes)]
        return replace(self, stop=inner[-1].stop, body=body, inner=inner)

    @property
    def has_yield(self) -> bool:
        """Whether it makes the function around it a generator."""
        if isinstance(self.body[0], ir.FunctionDef):
            return self.yields
        return self.yields or any(piece.has_yield for piece in self.inner)

    def leaves(self) -> Iterator[Piece]:
        """The piece, and those within it, in order."""
        yield self
        for piece in self.inner:
            yield from piece.leaves()


@dataclass(frozen=True, slots=True)
class Pieces:
    """A program text and its pieces, in order."""

    text: str
    pieces: Sequence[Piece]

    def module(self) -> ir.Module:
        """The facts of the whole text."""
        leaves = [leaf for piece in self.pieces for leaf in piece.leaves()]
        return ir.Module(
            body=[statement for piece in self.pieces for statement in piece.body],
            line_starts=line_starts(self.text),
            imports=list(dict.fromkeys(chain.from_iterable(leaf.imports for leaf in leaves))),
            suppressions=suppressions(self.text, [span for leaf in leaves for span in leaf.strings]),
            statements=[span for leaf in leaves for span in leaf.statements],
        )


def edited(before: Pieces, text: str, lower: Lower) -> Pieces:
    """The pieces of the text that another has become. Raises Refused where what changed can't be lowered by itself."""
    rows = len(line_starts(text)) - len(line_starts(before.text))
    edit = _Edit(before.text, text, len(text) - len(before.text), rows, lower)
    return Pieces(text, edit.block(before.pieces, (0, 0), len(before.text), ""))


@dataclass(frozen=True, slots=True)
class _Edit:
    """A text and what it became. What stands after the edit has moved ``by`` characters and ``rows`` lines."""

    old: str
    new: str
    by: int
    rows: int
    lower: Lower

    def block(self, pieces: Sequence[Piece], start: tuple[int, int], end: int, indent: str) -> list[Piece]:
        """The pieces of the only block that was edited, which went from ``start`` (offset and row) to the offset ``end``."""
        before, after = self._untouched(pieces, start[0], end)
        if before + after == len(pieces) - 1:
            within = self._within(pieces[before], pieces[before + 1].start if after else end)
            if within is not None:
                return [*pieces[:before], within, *self._later(pieces, after)]
        before, after = max(before - 1, 0), max(after - 1, 0)
        begin, row = (pieces[before].start, pieces[before].row) if before else start
        while after and pieces[-after].start + self.by < begin:
            after -= 1  # what was deleted stood there twice
        text = self.new[begin : (pieces[-after].start if after else end) + self.by]
        anew = [piece.moved(begin, row) for piece in self._lowered(text, begin, indent)]
        return [*pieces[:before], *anew, *self._later(pieces, after)]

    def _within(self, piece: Piece, end: int) -> Piece | None:
        """A piece of whose body alone something was changed, such that it is still its body."""
        if not piece.inner:
            return None
        first = piece.inner[0]
        if not self._is_same(piece.start, first.start, 0):
            return None
        # The comments behind it may have come nearer, or gone away.
        old_end, new_end = _end_of_code(self.old, first.start, end), _end_of_code(self.new, first.start, end + self.by)
        old, new = (line_starts(text[first.start : at]) for text, at in ((self.old, old_end), (self.new, new_end)))
        inside = _Edit(self.old, self.new, new_end - old_end, len(new) - len(old), self.lower)
        try:
            inner = inside.block(piece.inner, (first.start, first.row), old_end, _indentation(self.old, first.start))
        except Refused:
            return None
        return piece.holding(inner) if inner else None

    def _later(self, pieces: Sequence[Piece], count: int) -> list[Piece]:
        return [piece.moved(self.by, self.rows) for piece in pieces[len(pieces) - count :]]

    def _lowered(self, text: str, start: int, indent: str) -> Sequence[Piece]:
        end = start + len(text)
        if end < len(self.new) and (_HALF_LINE.search(text) or text[-1:] not in ("\n", "\r")):
            raise Refused("joined with the next line", 1, 1)
        if self.new[end - 1 : end + 1] == "\r\n":
            raise Refused("amid the end of a line", 1, 1)
        if _indentation(text, 0) != indent:
            raise Refused("indented otherwise", 1, 1)
        return self.lower(text, indent)

    def _untouched(self, pieces: Sequence[Piece], start: int, end: int) -> tuple[int, int]:
        """How many pieces at the start and at the end of a block are the same."""
        spans = list(pairwise([*(piece.start for piece in pieces), end]))
        before = 0
        if pieces and self._is_same(start, pieces[0].start, 0):  # comments at the top of a file belong to no piece
            before = sum(1 for _ in takewhile(lambda span: self._is_same(*span, 0), spans))
        after = sum(1 for _ in takewhile(lambda span: self._is_same(*span, self.by), reversed(spans)))
        return before, min(after, len(pieces) - before)

    def _is_same(self, start: int, end: int, by: int) -> bool:
        return start + by >= 0 and self.new[start + by : end + by] == self.old[start:end]


def _indentation(text: str, start: int) -> str:
    """The blanks before the first token of some lines."""
    found = _BEFORE_CODE.match(text, start)
    return found[1] if found else ""


def _end_of_code(text: str, start: int, end: int) -> int:
    """Where the last line of some whole lines ends that is neither empty nor a comment."""
    while end > start:
        line = text.rfind("\n", start, end - 1) + 1 or start
        code = text[line:end].strip()
        if code and not code.startswith("#"):
            break
        end = line
    return end
