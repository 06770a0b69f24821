"""Lowering of simple statements, those without a body."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

from trainlint.facts import ir
from trainlint.facts.cursor import Cursor, has_comma
from trainlint.facts.dispatch import annotation, expression
from trainlint.facts.nodes import cst
from trainlint.facts.operators import AUGMENTED


def simple(cursor: Cursor, nodes: Sequence[Any], lowered: list[ir.Statement]) -> None:
    """Lower the statements of one line, which semicolons separate, and add them to ``lowered``."""
    last = len(nodes) - 1
    for index, node in enumerate(nodes):
        first = cursor.row_of(cursor.pos + 1)
        lowered.append(_SIMPLE[type(node)](cursor, node))
        cursor.statement(first)
        if type(node.semicolon) is cst.Semicolon:
            cursor.skip()
            cursor.pos += 1
            if index < last:
                cursor.skip()


def _expression(cursor: Cursor, node: cst.Expr) -> ir.Statement:
    start = cursor.pos
    value = expression(cursor, node.value)
    return ir.ExprStatement(start, cursor.pos, value)


def _assign(cursor: Cursor, node: cst.Assign) -> ir.Statement:
    start = cursor.pos
    targets = []
    for target in node.targets:
        targets.append(expression(cursor, target.target))
        cursor.pass_over(1)
    value = expression(cursor, node.value)
    return ir.Assign(start, cursor.pos, targets, value)


def _annotated_assign(cursor: Cursor, node: cst.AnnAssign) -> ir.Statement:
    start = cursor.pos
    target = expression(cursor, node.target)
    cursor.pass_over(1)
    type_ = annotation(cursor, node.annotation.annotation)
    value = None
    if node.value is not None:
        cursor.pass_over(1)
        value = expression(cursor, node.value)
    return ir.AnnAssign(start, cursor.pos, target, type_, value)


def _augmented_assign(cursor: Cursor, node: cst.AugAssign) -> ir.Statement:
    start = cursor.pos
    target = expression(cursor, node.target)
    op = AUGMENTED[type(node.operator)]
    cursor.pass_over(len(op) + 1)
    value = expression(cursor, node.value)
    return ir.AugAssign(start, cursor.pos, target, op, value)


def _return(cursor: Cursor, node: cst.Return) -> ir.Statement:
    start = cursor.pos
    value = _keyword(cursor, 6, node.value)
    return ir.Return(start, cursor.pos, value)


def _keyword(cursor: Cursor, length: int, value: cst.BaseExpression | None) -> ir.Expr | None:
    """Pass a keyword of this length and what may follow it."""
    if value is None:
        cursor.pos += length
        return None
    cursor.token(length)
    return expression(cursor, value)


def _raise(cursor: Cursor, node: cst.Raise) -> ir.Statement:
    start = cursor.pos
    value = _keyword(cursor, 5, node.exc)
    if node.cause is not None:
        cursor.pass_over(4)
        expression(cursor, node.cause.item)
    return ir.Raise(start, cursor.pos, value)


def _assert(cursor: Cursor, node: cst.Assert) -> ir.Statement:
    start = cursor.pos
    cursor.token(6)
    test = expression(cursor, node.test)
    message = None
    if node.msg is not None:
        cursor.pass_over(1)
        message = expression(cursor, node.msg)
    return ir.Assert(start, cursor.pos, test, message)


def _delete(cursor: Cursor, node: cst.Del) -> ir.Statement:
    start = cursor.pos
    cursor.token(3)
    target = expression(cursor, node.target)
    several = isinstance(target, ir.Sequence) and target.kind == "tuple"
    targets = target.elements if several else [target]  # type: ignore[union-attr]
    return ir.Delete(start, cursor.pos, targets)


def _global(cursor: Cursor, node: cst.Global | cst.Nonlocal) -> ir.Statement:
    start = cursor.pos
    nonlocal_ = isinstance(node, cst.Nonlocal)
    cursor.pos += 8 if nonlocal_ else 6
    names = []
    for item in node.names:
        names.append(item.name.value)
        cursor.skip()
        cursor.pos += len(item.name.value)
        if has_comma(item):
            cursor.skip()
            cursor.pos += 1
    return ir.Global(start, cursor.pos, names, nonlocal_)


def _pass(cursor: Cursor, _node: cst.Pass) -> ir.Statement:
    cursor.pos += 4
    return ir.Pass(cursor.pos - 4, cursor.pos)


def _break(cursor: Cursor, _node: cst.Break) -> ir.Statement:
    cursor.pos += 5
    return ir.Break(cursor.pos - 5, cursor.pos)


def _continue(cursor: Cursor, _node: cst.Continue) -> ir.Statement:
    cursor.pos += 8
    return ir.Continue(cursor.pos - 8, cursor.pos)


# Imports


def _import(cursor: Cursor, node: cst.Import | cst.LazyImport) -> ir.Statement:
    start = cursor.pos
    if isinstance(node, cst.LazyImport):
        cursor.token(4)
    cursor.token(6)
    names = _aliases(cursor, node.names)
    for alias in names:
        cursor.imports.append(alias.name)
    return ir.Import(start, cursor.pos, names)


def _import_from(cursor: Cursor, node: cst.ImportFrom | cst.LazyImportFrom) -> ir.Statement:
    start = cursor.pos
    if isinstance(node, cst.LazyImportFrom):
        cursor.token(4)
    cursor.token(4)
    for _ in node.relative:
        cursor.token(1)
    module = "" if node.module is None else _dotted(cursor, node.module)
    cursor.pass_over(6)
    if isinstance(node.names, cst.ImportStar):
        names = [ir.ImportAlias(cursor.pos, cursor.pos + 1, "*", None)]
        cursor.pos += 1
    else:
        names = _parenthesised_aliases(cursor, node)
    _note_imports(cursor, "." * len(node.relative) + module, names)
    return ir.ImportFrom(start, cursor.pos, module, len(node.relative), names)


def _note_imports(cursor: Cursor, module: str, names: list[ir.ImportAlias]) -> None:
    cursor.imports.append(module)
    separator = "" if module.endswith(".") else "."
    for alias in names:
        if alias.name != "*":
            cursor.imports.append(f"{module}{separator}{alias.name}")


def _parenthesised_aliases(cursor: Cursor, node: Any) -> list[ir.ImportAlias]:
    if node.lpar is None:
        return _aliases(cursor, node.names)
    cursor.token(1)
    names = _aliases(cursor, node.names)
    cursor.skip()
    cursor.pos += 1
    return names


def _aliases(cursor: Cursor, nodes: Iterable[cst.ImportAlias]) -> list[ir.ImportAlias]:
    aliases = []
    for node in nodes:
        cursor.skip()
        start = cursor.pos
        name = _dotted(cursor, node.name)
        asname = None
        if node.asname is not None:
            assert isinstance(node.asname.name, cst.Name)
            asname = node.asname.name.value
            cursor.pass_over(2)
            cursor.pos += len(asname)
        aliases.append(ir.ImportAlias(start, cursor.pos, name, asname))
        if has_comma(node):
            cursor.skip()
            cursor.pos += 1
    return aliases


def _dotted(cursor: Cursor, node: cst.Attribute | cst.Name) -> str:
    """Pass a dotted name and return it without the blanks that it may contain."""
    if isinstance(node, cst.Name):
        cursor.pos += len(node.value)
        return node.value
    assert isinstance(node.value, (cst.Attribute, cst.Name))
    module = _dotted(cursor, node.value)
    cursor.pass_over(1)
    cursor.pos += len(node.attr.value)
    return f"{module}.{node.attr.value}"


# Types


def _type_alias(cursor: Cursor, node: cst.TypeAlias) -> ir.Statement:
    """Lower ``type Name[T] = value`` to the assignment of something opaque, since the value is not evaluated."""
    start = cursor.pos
    cursor.token(4)
    target = expression(cursor, node.name)
    type_parameters(cursor, node.type_parameters)
    cursor.pass_over(1)
    value = expression(cursor, node.value)
    return ir.Assign(start, cursor.pos, [target], ir.Opaque(value.start, value.end, "type", [value]))


def type_parameters(cursor: Cursor, node: cst.TypeParameters | None) -> None:
    """Pass the type parameters of a definition, which no later stage looks at."""
    if node is None:
        return
    cursor.pass_over(1)
    for item in node.params:
        _type_parameter(cursor, item)
        cursor.skip()
        if cursor.at(","):
            cursor.token(1)
    cursor.pos += 1


def _type_parameter(cursor: Cursor, node: cst.TypeParam) -> None:
    if isinstance(node.param, cst.TypeVarTuple):
        cursor.token(1)
    elif isinstance(node.param, cst.ParamSpec):
        cursor.token(2)
    cursor.pos += len(node.param.name.value)
    if isinstance(node.param, cst.TypeVar) and node.param.bound is not None:
        cursor.pass_over(1)
        expression(cursor, node.param.bound)
    if node.default is not None:
        cursor.pass_over(1)
        if node.star:
            cursor.token(1)
        expression(cursor, node.default)


_SIMPLE: dict[type[cst.CSTNode], Callable[[Cursor, Any], ir.Statement]] = {
    cst.Expr: _expression,
    cst.Assign: _assign,
    cst.AnnAssign: _annotated_assign,
    cst.AugAssign: _augmented_assign,
    cst.Return: _return,
    cst.Raise: _raise,
    cst.Assert: _assert,
    cst.Del: _delete,
    cst.Global: _global,
    cst.Nonlocal: _global,
    cst.Pass: _pass,
    cst.Break: _break,
    cst.Continue: _continue,
    cst.Import: _import,
    cst.ImportFrom: _import_from,
    cst.LazyImport: _import,
    cst.LazyImportFrom: _import_from,
    cst.TypeAlias: _type_alias,
}
