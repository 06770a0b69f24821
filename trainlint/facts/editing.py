"""Lowers a file again and again while it is edited: only the statements that an edit changed."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from trainlint.facts import ir
from trainlint.facts.blocks import pieces_of
from trainlint.facts.lowering import lower_source, lower_tree
from trainlint.facts.parsing import Refused, parse
from trainlint.facts.pieces import Piece, Pieces, edited
from trainlint.facts.source import Source

# What lines of an indented block are parsed behind.
_HEADER = "if 1:\n"


class Lowering:
    """Lowers one file, and what it becomes."""

    def __init__(self) -> None:
        self._pieces: Pieces | None = None

    def lower(self, source: Source) -> ir.Module:
        """The facts of the file as it is now. Raises `FactsError` for what can't be parsed."""
        return lower_source(source, self._lower_text)

    def _lower_text(self, text: str) -> ir.Module:
        before = self._pieces
        self._pieces = lower_pieces(text) if before is None else lower_edited(before, text)
        return self._pieces.module()


def lower_pieces(text: str) -> Pieces:
    """Lower a program text, statement by statement. Raises `Refused`."""
    cursor, body = lower_tree(parse(text), text)
    return Pieces(text, pieces_of(cursor, body))


def lower_edited(before: Pieces, text: str) -> Pieces:
    """Lower what a program text has become; of what is as ``before``, the facts are taken from there. Raises `Refused`."""
    try:
        return edited(before, text, lower_block)
    except (Refused, RecursionError):
        return lower_pieces(text)  # what can't be parsed by itself may be parsed with what stands around it


def lower_block(text: str, indent: str) -> Sequence[Piece]:
    """Lower some lines of a block, given how deep it is indented. Raises `Refused` where they are not just that."""
    if not indent:
        return lower_pieces(text).pieces
    pieces = lower_pieces(_HEADER + text).pieces
    node = pieces[0].body[0]
    if len(pieces) > 1 or not isinstance(node, ir.If) or not pieces[0].inner or node.orelse:
        raise Refused("the block ends", 1, 1)
    return [piece.moved(-len(_HEADER), -1) for piece in pieces[0].inner]


def cuts(pieces: Pieces) -> list[int]:
    """The offsets in a text at which a definition of its module begins, with the comments before it, or ends."""
    found: list[int] = []
    for before, piece in pairwise(pieces.pieces):
        if any(isinstance(each.body[0], ir.FunctionDef | ir.ClassDef) for each in (before, piece)):
            found.append(piece.start)
    return found
