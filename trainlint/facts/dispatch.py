"""From a LibCST expression to the function that lowers its kind."""

from __future__ import annotations

from typing import Any

from trainlint.facts import ir
from trainlint.facts.cursor import Cursor
from trainlint.facts.nodes import cst


def expression(cursor: Cursor, node: Any) -> ir.Expr:
    """Lower any expression with its parentheses, which belong to the span of a tuple and a generator only."""
    if node.lpar:
        return _parenthesised(cursor, node)
    return cursor.lowerings[type(node)](cursor, node)


def _parenthesised(cursor: Cursor, node: Any) -> ir.Expr:
    start = cursor.pos
    for _ in node.lpar:
        start = cursor.pos
        cursor.token(1)
    value = cursor.lowerings[type(node)](cursor, node)
    cursor.skip()
    cursor.pos += 1
    if isinstance(value, ir.Sequence) and value.kind == "tuple":
        value = ir.Sequence(start, cursor.pos, value.kind, value.elements)
    elif isinstance(value, ir.Comprehension) and value.kind == "generator":
        value = ir.Comprehension(start, cursor.pos, value.kind, value.element, value.value, value.generators)
    for _ in node.lpar[1:]:
        cursor.skip()
        cursor.pos += 1
    return value


def star(cursor: Cursor, value: cst.BaseExpression) -> ir.Expr:
    """Lower ``*value``."""
    start = cursor.pos
    cursor.token(1)
    inner = expression(cursor, value)
    return ir.Starred(start, cursor.pos, inner)


def annotation(cursor: Cursor, node: Any) -> ir.Expr:
    """Lower an annotation, which for ``*args`` may be starred."""
    return star(cursor, node.value) if type(node) is cst.StarredElement else expression(cursor, node)
