"""What the names of files are made of."""

from __future__ import annotations

from collections.abc import Iterator

from trainlint.facts import ir
from trainlint.trace.callables import names_in
from trainlint.trace.interpreter.machine import Machine


def file_names(m: Machine, call: ir.Node, parameter: str, params: tuple[str, ...]) -> frozenset[str]:
    """Names and attributes in the path that a call is given, and in what they are assigned in the same function."""
    path = _argument(call, parameter, params)
    if path is None:
        return frozenset()
    found = names_in(path)
    function = m.activation.function
    assigned = _assigned(m, function.node.body if function is not None else None)
    return found.union(*(assigned[name] for name in found if name in assigned))


def _argument(call: ir.Node, parameter: str, params: tuple[str, ...]) -> ir.Expr | None:
    if not isinstance(call, ir.Call):
        return None
    for position, argument in enumerate(call.args):
        if argument.keyword == parameter:
            return argument.value
        if not argument.keyword and not argument.star and position < len(params) and params[position] == parameter:
            return argument.value
    return None


def _assigned(m: Machine, body: ir.Expr | list[ir.Statement] | None) -> dict[str, frozenset[str]]:
    """The names in what each name of a function is assigned."""
    if not isinstance(body, list):
        return {}
    key = ("assigned", id(body))
    if key not in m.shared:
        found: dict[str, frozenset[str]] = {}
        for statement in _statements(body):
            if isinstance(statement, ir.Assign):
                for target in statement.targets:
                    if isinstance(target, ir.Name):
                        found[target.id] = found.get(target.id, frozenset()) | names_in(statement.value)
        m.shared[key] = found
    result: dict[str, frozenset[str]] = m.shared[key]
    return result


def _statements(body: list[ir.Statement]) -> Iterator[ir.Statement]:
    for statement in body:
        yield statement
        for part in ("body", "orelse", "finalbody"):
            inner = getattr(statement, part, None)
            if isinstance(inner, list) and not isinstance(statement, ir.FunctionDef | ir.ClassDef):
                yield from _statements(inner)
