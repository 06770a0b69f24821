"""Comparisons: verdicts on what is known, and what the others measure, watch and decide."""

from __future__ import annotations

import math
import operator
from collections.abc import Callable
from typing import Any

from trainlint.facts import ir
from trainlint.trace.events import Measured, Operated, Watched
from trainlint.trace.interpreter import numeric
from trainlint.trace.interpreter.machine import Machine
from trainlint.trace.interpreter.operators import PERIODIC, is_object, is_periodic, measured, mix
from trainlint.trace.interpreter.ordering import complemented
from trainlint.trace.interpreter.remembered import measured_against_best
from trainlint.trace.interpreter.tensors import token
from trainlint.trace.merge import tokens_of
from trainlint.trace.scope import Scope
from trainlint.trace.tokens import MeasureToken, ModelToken, Source, holds, union
from trainlint.trace.values import Constant, Data, DictValue, Graph, Kind, ListValue, Operation, TupleValue, Value

COMPARE: dict[str, Callable[[Any, Any], Any]] = {
    "==": operator.eq,
    "!=": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}


def compare(m: Machine, node: ir.Comparison, scope: Scope) -> Value:
    left = m.evaluate(m, node.left, scope)
    values = [left, *(m.evaluate(m, right, scope) for right in node.rights)]
    if len(node.ops) == 1:
        verdict = _verdict(node.ops[0], values[0], values[1])
        if verdict is not None:
            return verdict
    place = m.place(node, scope)
    result = mix(*values)
    result.tokens = measured_against_best(m, node, values, result.tokens)
    result.kind = Kind.TENSOR if any(isinstance(v, Data) and v.kind is Kind.TENSOR for v in values) else Kind.NUMBER
    if result.graph is Graph.ATTACHED:
        result.graph, result.cut = Graph.DETACHED, place
        m.emit(Operated(place, "comparison", left, bool(m.in_forward), {}, result))
    result.operations = (*result.operations, Operation("comparison", place))
    if is_periodic(*values):
        result.origin = PERIODIC
    numeric.compared(m, values)
    if node.ops[0] in ("in", "not in"):
        complemented(m, values[-1], result)
        if _is_predicted(values[-1]):
            # `right += 1 if 0 in predicted`: the target is what is looked for.
            m.emit(Measured(place, result.tokens, "membership"))
            result.tokens = union(result.tokens, token(m, MeasureToken, place))
    elif node.ops[0] in ("==", "!="):
        if _asks_for_infinity(node, values):
            m.emit(Watched(place, frozenset({"finite"}), left))
        if measured(m, values, node, scope, "comparison"):
            result.tokens = union(result.tokens, token(m, MeasureToken, place))
    return result


def _asks_for_infinity(node: ir.Comparison, values: list[Value]) -> bool:
    """``loss != loss``, which only a NaN answers, and ``loss == float("inf")``."""
    right = node.rights[0]
    if isinstance(node.left, ir.Name) and isinstance(right, ir.Name) and node.left.id == right.id:
        return True
    return any(isinstance(value, Constant) and value.value == math.inf for value in values)


def _is_predicted(value: Value) -> bool:
    tokens = tokens_of(value)
    return holds(tokens, ModelToken) and holds(tokens, Source)


def _verdict(op: str, left: Value, right: Value) -> Constant | None:
    if op in ("is", "is not", "==", "!="):
        nothing = isinstance(right, Constant) and right.value is None
        if nothing and not isinstance(left, Constant):
            if is_object(left) or isinstance(left, TupleValue | ListValue | DictValue):
                return Constant(op in ("is not", "!="))
            return None
    if isinstance(left, Constant) and isinstance(right, Constant):
        return _compare_constants(op, left, right)
    if op in ("in", "not in") and isinstance(left, Constant):
        return _membership(op, left, right)
    return None


def _compare_constants(op: str, left: Constant, right: Constant) -> Constant | None:
    optional = left.optional or right.optional
    a, b = left.value, right.value
    if op in ("is", "is not"):
        return Constant((a is b or a == b) == (op == "is"), optional=optional)
    if op in ("in", "not in"):
        if isinstance(a, str) and isinstance(b, str):
            return Constant((a in b) == (op == "in"), optional=optional)
        return None
    try:
        return Constant(bool(COMPARE[op](a, b)), optional=optional)
    except (TypeError, KeyError):
        return None


def _membership(op: str, left: Constant, right: Value) -> Constant | None:
    if isinstance(right, DictValue) and DictValue.REST not in right.entries:
        return Constant((left.value in right.entries) == (op == "in"), optional=left.optional)
    elements: tuple[Value, ...] | None = None
    if isinstance(right, TupleValue):
        elements = right.elements
    elif isinstance(right, ListValue) and right.rest is None:
        elements = right.items
    if elements is None or not all(isinstance(element, Constant) for element in elements):
        return None
    found = any(isinstance(element, Constant) and element.value == left.value for element in elements)
    return Constant(found == (op == "in"), optional=left.optional)
