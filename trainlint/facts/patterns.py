"""Lowering of the patterns of a ``match`` statement."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from trainlint.facts import ir
from trainlint.facts.cursor import Cursor
from trainlint.facts.dispatch import expression
from trainlint.facts.nodes import cst


class Bindings:
    """What a pattern binds, and the constants that the subject itself (not a part of it) is compared with."""

    def __init__(self) -> None:
        self.names: list[str] = []
        self.constants: list[ir.Expr] = []


def pattern(cursor: Cursor, node: Any, bindings: Bindings, whole: bool = True) -> None:
    """Pass a pattern and collect from it; ``whole`` where it meets the subject itself."""
    if isinstance(node, (cst.MatchValue, cst.MatchSingleton)):
        value = expression(cursor, node.value)
        if whole:
            bindings.constants.append(value)
        return
    for _ in node.lpar:
        cursor.token(1)
    _pass(cursor, node, bindings, whole)
    for _ in node.rpar:
        cursor.pass_over(1)


def _pass(cursor: Cursor, node: Any, bindings: Bindings, whole: bool) -> None:
    if isinstance(node, cst.MatchAs):
        _capture(cursor, node, bindings, whole)
    elif isinstance(node, cst.MatchOr):
        for element in node.patterns:
            pattern(cursor, element.pattern, bindings, whole)
            _optional(cursor, "|")
    elif isinstance(node, cst.MatchClass):
        _class(cursor, node, bindings)
    elif isinstance(node, cst.MatchMapping):
        _mapping(cursor, node, bindings)
    elif isinstance(node, cst.MatchList) and node.lbracket is not None:
        cursor.token(1)
        _sequence(cursor, node.patterns, bindings)
        cursor.pass_over(1)
    else:
        _sequence(cursor, node.patterns, bindings)


def _capture(cursor: Cursor, node: cst.MatchAs, bindings: Bindings, whole: bool) -> None:
    if node.pattern is not None:
        pattern(cursor, node.pattern, bindings, whole)
        cursor.pass_over(2)
    _bind(cursor, node.name, bindings)


def _bind(cursor: Cursor, name: cst.Name | None, bindings: Bindings) -> None:
    if name is None:
        cursor.pos += 1  # the wildcard
    else:
        bindings.names.append(name.value)
        cursor.pos += len(name.value)


def _sequence(cursor: Cursor, elements: Iterable[Any], bindings: Bindings) -> None:
    for element in elements:
        if isinstance(element, cst.MatchStar):
            cursor.token(1)
            _bind(cursor, element.name, bindings)
        else:
            pattern(cursor, element.value, bindings, whole=False)
        _optional(cursor, ",")


def _mapping(cursor: Cursor, node: cst.MatchMapping, bindings: Bindings) -> None:
    cursor.token(1)
    for element in node.elements:
        expression(cursor, element.key)
        cursor.pass_over(1)
        pattern(cursor, element.pattern, bindings, whole=False)
        _optional(cursor, ",")
    if node.rest is not None:
        cursor.token(2)
        _bind(cursor, node.rest, bindings)
        _optional(cursor, ",")
    cursor.pass_over(1)


def _class(cursor: Cursor, node: cst.MatchClass, bindings: Bindings) -> None:
    expression(cursor, node.cls)
    cursor.pass_over(1)
    _sequence(cursor, node.patterns, bindings)
    for keyword in node.kwds:
        cursor.token(len(keyword.key.value))
        cursor.token(1)
        pattern(cursor, keyword.pattern, bindings, whole=False)
        _optional(cursor, ",")
    cursor.pass_over(1)


def _optional(cursor: Cursor, separator: str) -> None:
    cursor.skip()
    if cursor.at(separator):
        cursor.token(1)
