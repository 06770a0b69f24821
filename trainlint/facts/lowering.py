"""From a program text to its facts: LibCST parses, and one pass over the tree lowers it."""

from __future__ import annotations

import re
from collections.abc import Iterator

import msgspec

from trainlint.facts import calls, displays, expressions, ir, strings
from trainlint.facts.cursor import Cursor, Lowerings
from trainlint.facts.errors import FactsError
from trainlint.facts.nodes import cst
from trainlint.facts.parsing import Refused, invalid, parse
from trainlint.facts.pieces import Piece, Pieces
from trainlint.facts.source import Source
from trainlint.facts.statements import statements

_LOWERINGS: Lowerings = {
    **expressions.LOWERINGS,
    **calls.LOWERINGS,
    **displays.LOWERINGS,
    **strings.LOWERINGS,
}


class Lowering:
    """Lowers a file, and what it becomes while it is edited."""

    def __init__(self) -> None:
        self._pieces: Pieces | None = None

    def lower(self, source: Source) -> ir.Module:
        """Lower a file or notebook; of a notebook, the cells that can be parsed.

        Raises `FactsError` for what can't be parsed.
        """
        if source.cells is not None:
            return self._lower_notebook(source, source.cells)
        try:
            return self._lower_text(source.text)
        except Refused as error:
            raise FactsError(source.path, error.message, error.line, error.column) from error

    def _lower_notebook(self, source: Source, cells: list[ir.Cell]) -> ir.Module:
        text = source.text
        problems: list[ir.Problem] = []
        try:
            module = self._lower_text(text)
        except Refused:
            text, problems = _without_bad_cells(text, cells)
            try:
                module = self._lower_text(text)
            except Refused as error:
                raise FactsError(source.path, error.message) from error
        return msgspec.structs.replace(module, cells=cells, problems=problems)

    def _lower_text(self, text: str) -> ir.Module:
        before = self._pieces
        self._pieces = lower_pieces(text) if before is None else lower_edited(before, text)
        return self._pieces.module()


def _without_bad_cells(text: str, cells: list[ir.Cell]) -> tuple[str, list[ir.Problem]]:
    """Blank out the cells that can't be parsed on their own."""
    problems = []
    for cell in cells:
        piece = text[cell.start : cell.end]
        try:
            lower_text(piece)
        except Refused as error:
            problems.append(ir.Problem(cell.number, error.line, error.column, error.message))
            text = text[: cell.start] + re.sub(r"[^\r\n]", " ", piece) + text[cell.end :]
    return text, problems


def lower_text(text: str) -> ir.Module:
    """Lower a program text. Raises `Refused`."""
    return lower_pieces(text).module()


def lower_pieces(text: str) -> Pieces:
    """Lower a program text, statement by statement. Raises `Refused`."""
    tree = parse(text)
    try:
        return Pieces(text, list(pieces_of(tree, text)))
    except RecursionError as error:
        raise Refused("nested too deeply", 1, 1) from error
    except SyntaxError as error:
        raise invalid(error, text) from error


def lower_edited(before: Pieces, text: str) -> Pieces:
    """Lower what a program text has become; of what is as ``before``, the facts are taken from there. Raises `Refused`."""
    try:
        return before.edited(text, lower_pieces)
    except (Refused, RecursionError):
        return lower_pieces(text)  # what can't be parsed by itself may be parsed with what stands around it


def pieces_of(tree: cst.Module, text: str) -> Iterator[Piece]:
    """The pieces of the tree that LibCST made of a text."""
    cursor = Cursor(text, _LOWERINGS)
    row = 0
    cursor.lines(tree.header)
    for node in tree.body:
        body = statements(cursor, [node])
        yield Piece(cursor.starts[row], row, body, list(cursor.imports), cursor.statements, cursor.strings)
        cursor.imports, cursor.statements, cursor.strings = {}, [], []
        row = cursor.row
