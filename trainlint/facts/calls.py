"""Lowering of calls, lambdas, and of the arguments and parameters of all definitions."""

from __future__ import annotations

from collections.abc import Iterable

from trainlint.facts import ir
from trainlint.facts.cursor import Cursor, Lowerings
from trainlint.facts.dispatch import annotation, expression
from trainlint.facts.nodes import cst


def _call(cursor: Cursor, node: cst.Call) -> ir.Expr:
    start = cursor.pos
    func = expression(cursor, node.func)
    cursor.pass_over(1)
    args = arguments(cursor, node.args)
    cursor.pos += 1
    return ir.Call(start, cursor.pos, func, args)


def arguments(cursor: Cursor, nodes: Iterable[cst.Arg]) -> list[ir.Argument]:
    """Lower the arguments of a call or class, up to the closing parenthesis."""
    args = []
    for node in nodes:
        start = cursor.pos
        keyword = None
        star = len(node.star)
        if star:
            cursor.token(star)
        elif node.keyword is not None:
            keyword = node.keyword.value
            cursor.token(len(keyword))
            cursor.token(1)
        value = expression(cursor, node.value)
        args.append(ir.Argument(start, cursor.pos, value, keyword, star))
        cursor.skip()
        if cursor.at(","):
            cursor.token(1)
    return args


def _lambda(cursor: Cursor, node: cst.Lambda) -> ir.Expr:
    start = cursor.pos
    yields = cursor.yields
    cursor.token(6)
    params = parameters(cursor, node.params)
    cursor.token(1)
    body = expression(cursor, node.body)
    cursor.yields = yields
    return ir.Lambda(start, cursor.pos, params, body)


def parameters(cursor: Cursor, node: cst.Parameters) -> list[ir.Parameter]:
    """Lower the parameters of a function or lambda, up to the closing parenthesis or the colon."""
    params: list[ir.Parameter] = []
    _parameters(cursor, node.posonly_params, "positional", params)
    if isinstance(node.posonly_ind, cst.ParamSlash):
        _separator(cursor)
    _parameters(cursor, node.params, "positional", params)
    if isinstance(node.star_arg, cst.Param):
        _parameters(cursor, (node.star_arg,), "args", params)
    elif isinstance(node.star_arg, cst.ParamStar):
        _separator(cursor)
    _parameters(cursor, node.kwonly_params, "keyword", params)
    if node.star_kwarg is not None:
        _parameters(cursor, (node.star_kwarg,), "kwargs", params)
    return params


_STARS = {"positional": 0, "keyword": 0, "args": 1, "kwargs": 2}


def _parameters(cursor: Cursor, nodes: Iterable[cst.Param], kind: str, params: list[ir.Parameter]) -> None:
    stars = _STARS[kind]
    for node in nodes:
        if stars:
            cursor.token(stars)
        start = cursor.pos
        name = node.name.value
        cursor.pos += len(name)
        default = type_ = None
        if node.annotation is not None:
            cursor.pass_over(1)
            type_ = annotation(cursor, node.annotation.annotation)
        if node.default is not None:
            cursor.pass_over(1)
            default = expression(cursor, node.default)
        params.append(ir.Parameter(start, cursor.pos, name, kind, default, type_))
        cursor.skip()
        if cursor.at(","):
            cursor.token(1)


def _separator(cursor: Cursor) -> None:
    """Pass ``*`` or ``/`` with the comma, if any, that follows it."""
    cursor.token(1)
    if cursor.at(","):
        cursor.token(1)


LOWERINGS: Lowerings = {
    cst.Call: _call,
    cst.Lambda: _lambda,
}
