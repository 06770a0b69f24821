"""Where the lowering pass stands in the text.

LibCST nodes carry no positions, but they come in source order, and all that stands between two tokens is whitespace,
comments and line continuations. So the pass keeps a cursor in the text, advances it by each token's length, and skips
what lies between tokens by looking at the text. At each statement it is set anew from the line number, since every
leading line of a statement is one line of the text.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Callable, Mapping, Sequence
from itertools import accumulate
from typing import Any, NamedTuple, TypeAlias

from trainlint.facts import ir
from trainlint.facts.nodes import cst

_BLANKS = " \t\f\r\n\\#"
_skip = re.compile(r"(?:[ \t\f\r\n]|\\(?:\r\n?|\n)|#[^\r\n]*)*").match
_skip_in_line = re.compile(r"(?:[ \t\f]|\\(?:\r\n?|\n))*").match
_CONTINUATION = re.compile(r"\\[\r\n]")
_LINE_END = re.compile(r"\r\n?|\n")


def line_starts(text: str) -> list[int]:
    """The offsets at which the lines of a text begin, as Python counts lines."""
    if "\r" in text:
        return [0, *(match.end() for match in _LINE_END.finditer(text))]
    lengths = map(len, text.split("\n")[:-1])
    return list(accumulate(map((1).__add__, lengths), initial=0))  # as above, four times as fast


Lowerings: TypeAlias = "Mapping[type[cst.CSTNode], Callable[[Cursor, Any], ir.Expr]]"


class Mark(NamedTuple):
    """How far the pass had come at the start of a statement: the row, and how much was collected, ``lowered`` of it the
    statements of the same block."""

    row: int
    lowered: int
    imports: int
    statements: int
    strings: int


class Steps(NamedTuple):
    """How the pass went through a block: the mark before each of its statements and at its end, where the last token of each
    ends, and whether it yields. ``yielded`` tells whether the header before the block does."""

    marks: list[Mark]
    stops: list[int]
    yields: list[bool]
    yielded: bool


class Cursor:
    """The place in the text, and what the pass collects on its way.

    ``pos`` is the offset of the next token, ``row`` (from 0) the line of the statement at hand; ``lowerings`` say how
    each kind of expression is lowered. ``blocks`` holds the steps through each block, by the id of its list of statements.
    """

    __slots__ = (
        "blocks",
        "continued",
        "ends",
        "imports",
        "lowerings",
        "pos",
        "row",
        "starts",
        "statements",
        "strings",
        "text",
        "yields",
    )

    def __init__(self, text: str, lowerings: Lowerings) -> None:
        self.text = text + "\n"  # the text can be looked at behind its last token
        self.starts = line_starts(text)
        self.ends = [*self.starts[1:], len(text) + 2]
        self.lowerings = lowerings
        self.pos = 0
        self.row = 0
        self.continued = _CONTINUATION.search(text) is not None
        self.blocks: dict[int, Steps] = {}
        self.imports: list[str] = []
        self.statements: list[ir.StatementSpan] = []
        self.strings: list[tuple[int, int]] = []
        self.yields = False

    def skip(self) -> None:
        """Go to the next token."""
        if self.text[self.pos] in _BLANKS:
            self.pos = _skip(self.text, self.pos).end()  # type: ignore[union-attr]  # it matches anything

    def token(self, length: int) -> None:
        """Pass a token of this length, and go to the next."""
        self.pos += length
        if self.text[self.pos] in _BLANKS:
            self.pos = _skip(self.text, self.pos).end()  # type: ignore[union-attr]

    def pass_over(self, length: int) -> None:
        """Go to the next token, pass it, and go to the one after it."""
        self.skip()
        self.token(length)

    def at(self, character: str) -> bool:
        return self.text[self.pos] == character

    def begin_line(self, leading: Sequence[cst.EmptyLine]) -> None:
        """Go to the first token of the line that follows the leading lines."""
        self.lines(leading)
        self.pos = _skip_in_line(self.text, self.starts[self.row]).end()  # type: ignore[union-attr]

    def end_line(self) -> None:
        """Go to the line that follows the one in which the last passed token ends."""
        end = self.pos
        if self.continued:
            end = _skip_in_line(self.text, end).end()  # type: ignore[union-attr]
        self.row = self.row_of(end + 1) + 1  # the row of what stands at the end: a comment or the newline

    def lines(self, empty: Sequence[cst.EmptyLine]) -> None:
        """Pass whole lines that hold blanks and comments only."""
        self.row += len(empty)
        if self.continued:
            self.row += sum(len(_LINE_END.findall(line.whitespace.value)) for line in empty)

    def row_of(self, end: int) -> int:
        """The row (from 0) of the character before ``end``, which is not before the row at hand."""
        return self.row if end <= self.ends[self.row] else bisect_right(self.starts, end - 1, self.row) - 1

    def mark(self, lowered: int) -> Mark:
        return Mark(self.row, lowered, len(self.imports), len(self.statements), len(self.strings))

    def statement(self, first: int) -> None:
        """Note that a statement or a header lies between the row ``first`` and the last passed token."""
        self.statements.append(ir.StatementSpan(first + 1, self.row_of(self.pos) + 1))


def has_comma(node: Any) -> bool:
    """Whether an element, argument or the like is followed by a comma."""
    return type(node.comma) is cst.Comma
