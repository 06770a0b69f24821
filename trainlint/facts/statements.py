"""Lowering of statements.

A compound statement's span is that of its header, from its keyword to what precedes the colon.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from trainlint.facts import ir
from trainlint.facts.calls import arguments, parameters
from trainlint.facts.cursor import Cursor, Steps
from trainlint.facts.dispatch import expression
from trainlint.facts.nodes import cst
from trainlint.facts.patterns import Bindings, pattern
from trainlint.facts.simple_statements import simple, type_parameters


def statements(cursor: Cursor, nodes: Sequence[Any]) -> list[ir.Statement]:
    """Lower the statements of a module or an indented block."""
    lowered: list[ir.Statement] = []
    steps = cursor.blocks[id(lowered)] = Steps([], [], [], cursor.yields)
    for node in nodes:
        steps.marks.append(cursor.mark(len(lowered)))
        cursor.yields = False
        cursor.begin_line(node.leading_lines)
        if type(node) is cst.SimpleStatementLine:
            simple(cursor, node.body, lowered)
            steps.stops.append(cursor.pos)
            cursor.end_line()
        else:
            lowered.append(_COMPOUND[type(node)](cursor, node))
            steps.stops.append(cursor.pos)
        steps.yields.append(cursor.yields)
    steps.marks.append(cursor.mark(len(lowered)))
    cursor.yields = steps.yielded or any(steps.yields)
    return lowered


def _suite(cursor: Cursor, node: Any) -> list[ir.Statement]:
    """Lower a body, from its colon on; the cursor ends on the line after it."""
    cursor.skip()
    cursor.pos += 1
    if type(node) is cst.IndentedBlock:
        cursor.end_line()
        body = statements(cursor, node.body)
        cursor.lines(node.footer)
        return body
    cursor.skip()
    lowered: list[ir.Statement] = []
    simple(cursor, node.body, lowered)
    cursor.end_line()
    return lowered


def _header(cursor: Cursor) -> int:
    cursor.statement(cursor.row)
    return cursor.pos


def _orelse(cursor: Cursor, node: Any) -> list[ir.Statement]:
    """Lower ``else: body`` or ``finally: body``."""
    if node is None:
        return []
    cursor.begin_line(node.leading_lines)
    cursor.pos += 7 if type(node) is cst.Finally else 4
    return _suite(cursor, node.body)


def _if(cursor: Cursor, node: cst.If) -> ir.Statement:
    start = cursor.pos
    cursor.token(4 if cursor.at("e") else 2)
    test = expression(cursor, node.test)
    end = _header(cursor)
    body = _suite(cursor, node.body)
    if type(node.orelse) is cst.If:
        cursor.begin_line(node.orelse.leading_lines)
        return ir.If(start, end, test, body, [_if(cursor, node.orelse)])
    return ir.If(start, end, test, body, _orelse(cursor, node.orelse))


def _for(cursor: Cursor, node: cst.For) -> ir.Statement:
    start = cursor.pos
    is_async = _async(cursor, node)
    cursor.token(3)
    target = expression(cursor, node.target)
    cursor.pass_over(2)
    source = expression(cursor, node.iter)
    end = _header(cursor)
    body = _suite(cursor, node.body)
    return ir.For(start, end, target, source, body, _orelse(cursor, node.orelse), is_async)


def _async(cursor: Cursor, node: cst.For | cst.With | cst.FunctionDef) -> bool:
    if node.asynchronous is None:
        return False
    cursor.token(5)
    return True


def _while(cursor: Cursor, node: cst.While) -> ir.Statement:
    start = cursor.pos
    cursor.token(5)
    test = expression(cursor, node.test)
    end = _header(cursor)
    body = _suite(cursor, node.body)
    return ir.While(start, end, test, body, _orelse(cursor, node.orelse))


def _with(cursor: Cursor, node: cst.With) -> ir.Statement:
    start = cursor.pos
    is_async = _async(cursor, node)
    cursor.token(4)
    parenthesised = isinstance(node.lpar, cst.LeftParen)
    if parenthesised:
        cursor.token(1)
    items = [_with_item(cursor, item) for item in node.items]
    if parenthesised:
        cursor.skip()
        cursor.pos += 1
    end = _header(cursor)
    return ir.With(start, end, items, _suite(cursor, node.body), is_async)


def _with_item(cursor: Cursor, node: cst.WithItem) -> ir.WithItem:
    start = cursor.pos
    context = expression(cursor, node.item)
    target = None
    if node.asname is not None:
        cursor.pass_over(2)
        target = expression(cursor, node.asname.name)
    end = cursor.pos
    if type(node.comma) is cst.Comma:
        cursor.pass_over(1)
    return ir.WithItem(start, end, context, target)


def _try(cursor: Cursor, node: cst.Try | cst.TryStar) -> ir.Statement:
    if any(handler.type is None for handler in node.handlers[:-1]):
        raise SyntaxError("default 'except:' must be last")
    start = cursor.pos
    cursor.pos += 3
    end = _header(cursor)
    body = _suite(cursor, node.body)
    handlers = [_handler(cursor, handler) for handler in node.handlers]
    orelse = _orelse(cursor, node.orelse)
    return ir.Try(start, end, body, handlers, orelse, _orelse(cursor, node.finalbody))


def _handler(cursor: Cursor, node: cst.ExceptHandler | cst.ExceptStarHandler) -> ir.Handler:
    cursor.begin_line(node.leading_lines)
    start = cursor.pos
    cursor.pos += 6
    if type(node) is cst.ExceptStarHandler:
        cursor.pass_over(1)
    type_ = name = None
    if node.type is not None:
        cursor.skip()
        type_ = expression(cursor, node.type)
    if node.name is not None:
        assert isinstance(node.name.name, cst.Name)
        name = node.name.name.value
        cursor.pass_over(2)
        cursor.pos += len(name)
    end = _header(cursor)
    return ir.Handler(start, end, type_, name, _suite(cursor, node.body))


def _match(cursor: Cursor, node: cst.Match) -> ir.Statement:
    start = cursor.pos
    cursor.token(5)
    subject = expression(cursor, node.subject)
    end = _header(cursor)
    cursor.skip()
    cursor.pos += 1
    cursor.end_line()
    cases = [_case(cursor, case) for case in node.cases]
    cursor.lines(node.footer)
    return ir.Match(start, end, subject, cases)


def _case(cursor: Cursor, node: cst.MatchCase) -> ir.Case:
    cursor.begin_line(node.leading_lines)
    start = cursor.pos
    cursor.token(4)
    bindings = Bindings()
    pattern(cursor, node.pattern, bindings)
    guard = None
    if node.guard is not None:
        cursor.pass_over(2)
        guard = expression(cursor, node.guard)
    end = _header(cursor)
    return ir.Case(start, end, bindings.names, bindings.constants, guard, _suite(cursor, node.body))


# Definitions


def _function(cursor: Cursor, node: cst.FunctionDef) -> ir.Statement:
    first = cursor.row
    decorators = _decorators(cursor, node)
    start = cursor.pos
    is_async = _async(cursor, node)
    cursor.token(3)
    name_start = _definition_name(cursor, node)
    cursor.pass_over(1)
    params = parameters(cursor, node.params)
    cursor.pos += 1
    if node.returns is not None:
        cursor.pass_over(2)
        expression(cursor, node.returns.annotation)
    end = cursor.pos
    cursor.statement(first)
    yields = cursor.yields
    cursor.yields = False
    body = _suite(cursor, node.body)
    is_generator = cursor.yields
    cursor.yields = yields
    return ir.FunctionDef(
        start, end, node.name.value, name_start, cursor.pos, params, decorators, body, is_async, is_generator
    )


def _class(cursor: Cursor, node: cst.ClassDef) -> ir.Statement:
    first = cursor.row
    decorators = _decorators(cursor, node)
    start = cursor.pos
    cursor.token(5)
    name_start = _definition_name(cursor, node)
    bases: list[ir.Argument] = []
    if isinstance(node.lpar, cst.LeftParen):
        cursor.pass_over(1)
        bases = arguments(cursor, [*node.bases, *node.keywords])
        cursor.pos += 1
    end = cursor.pos
    cursor.statement(first)
    body = _suite(cursor, node.body)
    return ir.ClassDef(start, end, node.name.value, name_start, cursor.pos, bases, decorators, body)


def _decorators(cursor: Cursor, node: cst.FunctionDef | cst.ClassDef) -> list[ir.Expr]:
    """Lower the decorators; the cursor ends on the ``def`` or ``class``."""
    if not node.decorators:
        return []
    decorators = []
    for index, decorator in enumerate(node.decorators):
        if index or decorator.leading_lines:
            cursor.begin_line(decorator.leading_lines)
        cursor.token(1)
        decorators.append(expression(cursor, decorator.decorator))
        cursor.end_line()
    cursor.begin_line(node.lines_after_decorators)
    return decorators


def _definition_name(cursor: Cursor, node: cst.FunctionDef | cst.ClassDef) -> int:
    """Pass the name and the type parameters of a definition; return where the name starts."""
    start = cursor.pos
    cursor.pos += len(node.name.value)
    type_parameters(cursor, node.type_parameters)
    return start


_COMPOUND: dict[type[cst.CSTNode], Callable[[Cursor, Any], ir.Statement]] = {
    cst.If: _if,
    cst.For: _for,
    cst.While: _while,
    cst.With: _with,
    cst.Try: _try,
    cst.TryStar: _try,
    cst.Match: _match,
    cst.FunctionDef: _function,
    cst.ClassDef: _class,
}
