"""Lowering of names, attributes, subscripts, operators and numbers.

Each function gets the cursor at the first character of its node and leaves it behind the node's last one.
"""

from __future__ import annotations

from typing import Any

from trainlint.facts import ir
from trainlint.facts.cursor import Cursor, Lowerings, has_comma
from trainlint.facts.dispatch import expression, star
from trainlint.facts.literals import number
from trainlint.facts.nodes import cst
from trainlint.facts.operators import BINARY, COMPARISON, UNARY


def _name(cursor: Cursor, node: cst.Name) -> ir.Expr:
    start = cursor.pos
    id_ = node.value
    end = cursor.pos = start + len(id_)
    if id_ in _SINGLETONS:
        return ir.Constant(start, end, _SINGLETONS[id_])
    return ir.Name(start, end, id_)


_SINGLETONS = {"None": None, "True": True, "False": False}


def _attribute(cursor: Cursor, node: cst.Attribute) -> ir.Expr:
    start = cursor.pos
    value = expression(cursor, node.value)
    attr = node.attr.value
    cursor.pass_over(1)
    cursor.pos += len(attr)
    return ir.Attribute(start, cursor.pos, value, attr)


def _subscript(cursor: Cursor, node: cst.Subscript) -> ir.Expr:
    start = cursor.pos
    value = expression(cursor, node.value)
    cursor.pass_over(1)
    first = cursor.pos
    indices = []
    for element in node.slice:
        indices.append(_index(cursor, element.slice))
        last = cursor.pos
        cursor.skip()
        if cursor.at(","):
            last = cursor.pos + 1
            cursor.token(1)
    single = len(indices) == 1 and not has_comma(node.slice[0])
    index = indices[0] if single else ir.Sequence(first, last, "tuple", indices)
    cursor.pos += 1
    return ir.Subscript(start, cursor.pos, value, index)


def _index(cursor: Cursor, node: Any) -> ir.Expr:
    if type(node) is cst.Slice:
        return _slice(cursor, node)
    if node.star:
        return star(cursor, node.value)
    return expression(cursor, node.value)


def _slice(cursor: Cursor, node: cst.Slice) -> ir.Expr:
    start = cursor.pos
    lower = upper = step = None
    if node.lower is not None:
        lower = expression(cursor, node.lower)
        cursor.skip()
    end = cursor.pos + 1
    cursor.token(1)
    if node.upper is not None:
        upper = expression(cursor, node.upper)
        end = cursor.pos
        cursor.skip()
    if cursor.at(":"):
        end = cursor.pos + 1
        cursor.token(1)
        if node.step is not None:
            step = expression(cursor, node.step)
            end = cursor.pos
    cursor.pos = end  # not behind the blanks after which another colon was sought
    return ir.Slice(start, end, lower, upper, step)


def _starred(cursor: Cursor, node: cst.StarredElement) -> ir.Expr:
    return star(cursor, node.value)


# Operators


def _binary(cursor: Cursor, node: cst.BinaryOperation) -> ir.Expr:
    start = cursor.pos
    left = expression(cursor, node.left)
    op = BINARY[type(node.operator)]
    cursor.pass_over(len(op))
    right = expression(cursor, node.right)
    return ir.BinaryOp(start, cursor.pos, op, left, right)


def _boolean(cursor: Cursor, node: cst.BooleanOperation) -> ir.Expr:
    start = cursor.pos
    left = expression(cursor, node.left)
    op = BINARY[type(node.operator)]
    cursor.pass_over(len(op))
    right = expression(cursor, node.right)
    return ir.BooleanOp(start, cursor.pos, op, left, right)


def _unary(cursor: Cursor, node: cst.UnaryOperation) -> ir.Expr:
    start = cursor.pos
    op = UNARY[type(node.operator)]
    cursor.token(len(op))
    operand = expression(cursor, node.expression)
    return ir.UnaryOp(start, cursor.pos, op, operand)


def _comparison(cursor: Cursor, node: cst.Comparison) -> ir.Expr:
    start = cursor.pos
    left = expression(cursor, node.left)
    ops = []
    rights = []
    for target in node.comparisons:
        words = COMPARISON[type(target.operator)]
        for word in words:
            cursor.pass_over(len(word))
        ops.append(" ".join(words))
        rights.append(expression(cursor, target.comparator))
    return ir.Comparison(start, cursor.pos, left, ops, rights)


def _conditional(cursor: Cursor, node: cst.IfExp) -> ir.Expr:
    start = cursor.pos
    body = expression(cursor, node.body)
    cursor.pass_over(2)
    test = expression(cursor, node.test)
    cursor.pass_over(4)
    orelse = expression(cursor, node.orelse)
    return ir.Conditional(start, cursor.pos, test, body, orelse)


def _await(cursor: Cursor, node: cst.Await) -> ir.Expr:
    start = cursor.pos
    cursor.token(5)
    value = expression(cursor, node.expression)
    return ir.Await(start, cursor.pos, value)


def _yield(cursor: Cursor, node: cst.Yield) -> ir.Expr:
    start = cursor.pos
    cursor.yields = True
    if node.value is None:
        cursor.pos += 5
        return ir.Yield(start, cursor.pos, None, False)
    cursor.token(5)
    if isinstance(node.value, cst.From):
        cursor.token(4)
        value = expression(cursor, node.value.item)
        return ir.Yield(start, cursor.pos, value, True)
    value = expression(cursor, node.value)
    return ir.Yield(start, cursor.pos, value, False)


def _named(cursor: Cursor, node: cst.NamedExpr) -> ir.Expr:
    start = cursor.pos
    target = expression(cursor, node.target)
    assert isinstance(target, ir.Name)
    cursor.pass_over(2)
    value = expression(cursor, node.value)
    return ir.NamedExpr(start, cursor.pos, target, value)


# Literals


def _number(cursor: Cursor, node: cst.BaseNumber) -> ir.Expr:
    start = cursor.pos
    text: str = node.value  # type: ignore[attr-defined]
    cursor.pos = start + len(text)
    value = number(text)
    return ir.Opaque(start, cursor.pos, "number", []) if value is None else ir.Constant(start, cursor.pos, value)


def _imaginary(cursor: Cursor, node: cst.Imaginary) -> ir.Expr:
    start = cursor.pos
    cursor.pos += len(node.value)
    return ir.Opaque(start, cursor.pos, "complex", [])


def _ellipsis(cursor: Cursor, _node: cst.Ellipsis) -> ir.Expr:
    start = cursor.pos
    cursor.pos += 3
    return ir.Opaque(start, cursor.pos, "ellipsis", [])


LOWERINGS: Lowerings = {
    cst.Name: _name,
    cst.Attribute: _attribute,
    cst.Subscript: _subscript,
    cst.StarredElement: _starred,
    cst.BinaryOperation: _binary,
    cst.BooleanOperation: _boolean,
    cst.UnaryOperation: _unary,
    cst.Comparison: _comparison,
    cst.IfExp: _conditional,
    cst.Await: _await,
    cst.Yield: _yield,
    cst.NamedExpr: _named,
    cst.Integer: _number,
    cst.Float: _number,
    cst.Imaginary: _imaginary,
    cst.Ellipsis: _ellipsis,
}
