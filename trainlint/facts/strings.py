"""Lowering of strings: plain, formatted, template and concatenated ones."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from trainlint.facts import ir
from trainlint.facts.cursor import Cursor, Lowerings
from trainlint.facts.dispatch import expression
from trainlint.facts.literals import string, unescape
from trainlint.facts.nodes import cst


def _string(cursor: Cursor, node: cst.SimpleString) -> ir.Expr:
    start = cursor.pos
    text = node.value
    end = cursor.pos = start + len(text)
    cursor.strings.append((start, end))
    value = string(text)
    if value is None:
        return ir.Opaque(start, end, "bytes" if "b" in text[:2].lower() else "string", [])
    return ir.Constant(start, end, value)


def _formatted(cursor: Cursor, node: cst.FormattedString | cst.TemplatedString) -> ir.Expr:
    start = cursor.pos
    cursor.pos += len(node.start)
    text, values = _parts(cursor, node.parts, raw="r" in node.start.lower())
    cursor.pos += len(node.end)
    cursor.strings.append((start, cursor.pos))
    return ir.FString(start, cursor.pos, text, values)


def _template(cursor: Cursor, node: cst.TemplatedString) -> ir.Expr:
    formatted = _formatted(cursor, node)
    assert isinstance(formatted, ir.FString)
    return ir.Opaque(formatted.start, formatted.end, "template", formatted.values)


def _parts(cursor: Cursor, parts: Iterable[Any], raw: bool) -> tuple[str, list[ir.Expr]]:
    texts = []
    values = []
    for part in parts:
        if isinstance(part, (cst.FormattedStringText, cst.TemplatedStringText)):
            cursor.pos += len(part.value)
            text = part.value.replace("{{", "{").replace("}}", "}")
            texts.append(unescape(text, raw) or "")
        else:
            values.append(_replacement(cursor, part, raw))
            texts.append("{}")
    return "".join(texts), values


def _replacement(cursor: Cursor, node: Any, raw: bool) -> ir.Expr:
    """Lower ``{expression=!conversion:spec}``; a spec with values of its own makes it opaque."""
    start = cursor.pos
    cursor.token(1)
    value = expression(cursor, node.expression)
    cursor.skip()
    if node.equal is not None:
        cursor.token(1)
    if node.conversion is not None:
        cursor.pos += 1 + len(node.conversion)
    widths: list[ir.Expr] = []
    if node.format_spec is not None:
        cursor.pos += 1
        _, widths = _parts(cursor, node.format_spec, raw)
    cursor.pos += 1
    return ir.Opaque(start, cursor.pos, "formatted", [value, *widths]) if widths else value


def _concatenated(cursor: Cursor, node: cst.ConcatenatedString) -> ir.Expr:
    """Lower strings that stand side by side. Raises SyntaxError where bytes are among them."""
    start = cursor.pos
    pieces = []
    rest: Any = node
    while type(rest) is cst.ConcatenatedString:
        pieces.append(expression(cursor, rest.left))
        cursor.skip()
        rest = rest.right
    pieces.append(expression(cursor, rest))
    if len({_is_bytes(piece) for piece in pieces}) > 1:
        raise SyntaxError("bytes and strings can't be concatenated")
    return _join(start, cursor.pos, pieces)


def _is_bytes(piece: ir.Expr) -> bool:
    return isinstance(piece, ir.Opaque) and piece.kind == "bytes"


def _join(start: int, end: int, pieces: list[ir.Expr]) -> ir.Expr:
    texts = []
    values = []
    formatted = False
    for piece in pieces:
        if isinstance(piece, ir.Constant):
            texts.append(str(piece.value))
        elif isinstance(piece, ir.FString):
            texts.append(piece.text)
            values.extend(piece.values)
            formatted = True
        else:
            return _opaque(start, end, pieces)
    text = "".join(texts)
    return ir.FString(start, end, text, values) if formatted else ir.Constant(start, end, text)


def _opaque(start: int, end: int, pieces: list[ir.Expr]) -> ir.Expr:
    kind = next(piece.kind for piece in pieces if isinstance(piece, ir.Opaque))
    children: list[ir.Expr] = []
    for piece in pieces:
        if isinstance(piece, ir.FString):
            children.extend(piece.values)
        elif isinstance(piece, ir.Opaque):
            children.extend(piece.children)
    return ir.Opaque(start, end, kind, children)


LOWERINGS: Lowerings = {
    cst.SimpleString: _string,
    cst.FormattedString: _formatted,
    cst.TemplatedString: _template,
    cst.ConcatenatedString: _concatenated,
}
