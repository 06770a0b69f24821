"""From a program text to its facts: LibCST parses, and one pass over the tree lowers it."""

from __future__ import annotations

import re
from collections.abc import Callable

import msgspec

from trainlint.facts import calls, displays, expressions, ir, strings
from trainlint.facts.cursor import Cursor, Lowerings
from trainlint.facts.errors import FactsError
from trainlint.facts.nodes import cst
from trainlint.facts.parsing import Refused, invalid, parse
from trainlint.facts.source import Source
from trainlint.facts.statements import statements
from trainlint.facts.suppressions import suppressions

_LOWERINGS: Lowerings = {
    **expressions.LOWERINGS,
    **calls.LOWERINGS,
    **displays.LOWERINGS,
    **strings.LOWERINGS,
}


def lower_text(text: str) -> ir.Module:
    """Lower a program text. Raises `Refused`."""
    return lower_parsed(parse(text), text)


def lower_parsed(tree: cst.Module, text: str) -> ir.Module:
    """Lower a program text, of which LibCST made this tree. Raises `Refused`."""
    cursor, body = lower_tree(tree, text)
    return ir.Module(
        body=body,
        line_starts=cursor.starts,
        imports=list(dict.fromkeys(cursor.imports)),
        suppressions=suppressions(text, cursor.strings),
        statements=cursor.statements,
    )


def lower_source(source: Source, lower: Callable[[str], ir.Module] = lower_text) -> ir.Module:
    """Lower a file or notebook; of a notebook, the cells that can be parsed.

    ``lower`` lowers the text. Raises `FactsError` for what can't be parsed.
    """
    if source.cells is not None:
        return _lower_notebook(source, source.cells, lower)
    try:
        return lower(source.text)
    except Refused as error:
        raise FactsError(source.path, error.message, error.line, error.column) from error


def _lower_notebook(source: Source, cells: list[ir.Cell], lower: Callable[[str], ir.Module]) -> ir.Module:
    text = source.text
    problems: list[ir.Problem] = []
    try:
        module = lower(text)
    except Refused:
        text, problems = _without_bad_cells(text, cells)
        try:
            module = lower(text)
        except Refused as error:
            raise FactsError(source.path, error.message) from error
    return msgspec.structs.replace(module, cells=cells, problems=problems)


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


def lower_tree(tree: cst.Module, text: str) -> tuple[Cursor, list[ir.Statement]]:
    """The statements of a text of which LibCST made this tree, and what else the pass collected. Raises `Refused`."""
    cursor = Cursor(text, _LOWERINGS)
    try:
        cursor.lines(tree.header)
        return cursor, statements(cursor, tree.body)
    except RecursionError as error:
        raise Refused("nested too deeply", 1, 1) from error
    except SyntaxError as error:
        raise invalid(error, text) from error
