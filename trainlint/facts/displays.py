"""Lowering of displays (tuples, lists, sets, dictionaries) and comprehensions."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from trainlint.facts import ir
from trainlint.facts.cursor import Cursor, Lowerings, has_comma
from trainlint.facts.dispatch import expression
from trainlint.facts.nodes import cst


def _elements(cursor: Cursor, nodes: Iterable[Any]) -> list[ir.Expr]:
    elements = []
    for node in nodes:
        elements.append(expression(cursor, node if type(node) is cst.StarredElement else node.value))
        if has_comma(node):
            cursor.skip()
            cursor.pos += 1
            comma = cursor.pos
            cursor.skip()
        else:
            comma = cursor.pos
    if nodes:
        cursor.pos = comma  # a tuple without parentheses must not reach into the next token
    return elements


def _tuple(cursor: Cursor, node: cst.Tuple) -> ir.Expr:
    start = cursor.pos
    elements = _elements(cursor, node.elements)
    return ir.Sequence(start, cursor.pos, "tuple", elements)


def _list(cursor: Cursor, node: cst.List) -> ir.Expr:
    return _display(cursor, node, "list")


def _set(cursor: Cursor, node: cst.Set) -> ir.Expr:
    return _display(cursor, node, "set")


def _display(cursor: Cursor, node: cst.List | cst.Set, kind: str) -> ir.Expr:
    start = cursor.pos
    cursor.token(1)
    elements = _elements(cursor, node.elements)
    cursor.skip()
    cursor.pos += 1
    return ir.Sequence(start, cursor.pos, kind, elements)


def _dict(cursor: Cursor, node: cst.Dict) -> ir.Expr:
    start = cursor.pos
    cursor.token(1)
    items = []
    for element in node.elements:
        first = cursor.pos
        key = None
        if type(element) is cst.DictElement:
            key = expression(cursor, element.key)
            cursor.pass_over(1)
        else:
            cursor.token(2)
        value = expression(cursor, element.value)
        items.append(ir.DictItem(first, cursor.pos, key, value))
        cursor.skip()
        if cursor.at(","):
            cursor.token(1)
    cursor.pos += 1
    return ir.Dict(start, cursor.pos, items)


def _generator(cursor: Cursor, node: cst.GeneratorExp) -> ir.Expr:
    start = cursor.pos
    element = expression(cursor, node.elt)
    generators = _generators(cursor, node.for_in)
    return ir.Comprehension(start, cursor.pos, "generator", element, None, generators)


def _list_comprehension(cursor: Cursor, node: cst.ListComp) -> ir.Expr:
    return _comprehension(cursor, node, "list")


def _set_comprehension(cursor: Cursor, node: cst.SetComp) -> ir.Expr:
    return _comprehension(cursor, node, "set")


def _comprehension(cursor: Cursor, node: cst.ListComp | cst.SetComp, kind: str) -> ir.Expr:
    start = cursor.pos
    cursor.token(1)
    element = expression(cursor, node.elt)
    generators = _generators(cursor, node.for_in)
    cursor.skip()
    cursor.pos += 1
    return ir.Comprehension(start, cursor.pos, kind, element, None, generators)


def _dict_comprehension(cursor: Cursor, node: cst.DictComp) -> ir.Expr:
    start = cursor.pos
    cursor.token(1)
    key = expression(cursor, node.key)
    cursor.pass_over(1)
    value = expression(cursor, node.value)
    generators = _generators(cursor, node.for_in)
    cursor.skip()
    cursor.pos += 1
    return ir.Comprehension(start, cursor.pos, "dict", key, value, generators)


def _unpacking_comprehension(cursor: Cursor, node: cst.StarredDictComp) -> ir.Expr:
    start = cursor.pos
    cursor.token(1)
    first = cursor.pos
    cursor.token(2)
    value = expression(cursor, node.value)
    element = ir.Starred(first, cursor.pos, value)
    generators = _generators(cursor, node.for_in)
    cursor.skip()
    cursor.pos += 1
    return ir.Comprehension(start, cursor.pos, "dict", element, None, generators)


def _generators(cursor: Cursor, node: cst.CompFor | None) -> list[ir.Generator]:
    generators = []
    while node is not None:
        cursor.skip()
        start = cursor.pos
        if node.asynchronous is not None:
            cursor.token(5)
        cursor.token(3)
        target = expression(cursor, node.target)
        cursor.pass_over(2)
        source = expression(cursor, node.iter)
        conditions = []
        for condition in node.ifs:
            cursor.pass_over(2)
            conditions.append(expression(cursor, condition.test))
        generators.append(ir.Generator(start, cursor.pos, target, source, conditions))
        node = node.inner_for_in
    return generators


LOWERINGS: Lowerings = {
    cst.Tuple: _tuple,
    cst.List: _list,
    cst.Set: _set,
    cst.Dict: _dict,
    cst.GeneratorExp: _generator,
    cst.ListComp: _list_comprehension,
    cst.SetComp: _set_comprehension,
    cst.DictComp: _dict_comprehension,
    cst.StarredDictComp: _unpacking_comprehension,
}
