"""Evaluating expressions to abstract values."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from trainlint.facts import ir
from trainlint.knowledge import exports
from trainlint.trace.events import Frame, Loop, LoopKind
from trainlint.trace.interpreter import assignment, naming, numbering, operators
from trainlint.trace.interpreter.attributes import get_attribute
from trainlint.trace.interpreter.branches import conditional
from trainlint.trace.interpreter.comparisons import compare
from trainlint.trace.interpreter.forward_named import note_forward
from trainlint.trace.interpreter.iteration import element_of, known_elements
from trainlint.trace.interpreter.library import builtins
from trainlint.trace.interpreter.machine import Arguments, Machine
from trainlint.trace.interpreter.subscripts import subscript
from trainlint.trace.interpreter.wording import describe
from trainlint.trace.merge import join, tokens_of
from trainlint.trace.scope import Scope
from trainlint.trace.tokens import union
from trainlint.trace.values import (
    Constant,
    Data,
    DictValue,
    External,
    Function,
    Kind,
    ListValue,
    TupleValue,
    Value,
)

# Comprehensions over this many known elements are unrolled.
UNROLL = 8


def evaluate(m: Machine, node: ir.Expr, scope: Scope) -> Value:
    return HANDLERS[type(node)](m, node, scope)


def _constant(m: Machine, node: ir.Constant, scope: Scope) -> Value:
    return Constant(node.value)


def _name(m: Machine, node: ir.Name, scope: Scope) -> Value:
    value = scope.find(node.id)
    if value is not None:
        return value
    if node.id in builtins.NAMES:
        return External(f"builtins.{node.id}")
    module = scope.module
    for star in module.stars:
        dotted = exports(star).get(node.id)
        if dotted is not None:
            return External(dotted)
    unknown = Data(name=node.id)
    # One object for all uses of an unknown name, so that what is learnt of it lasts.
    m.store.set(module.names, node.id, unknown)
    return unknown


def _attribute(m: Machine, node: ir.Attribute, scope: Scope) -> Value:
    return get_attribute(m, evaluate(m, node.value, scope), node.attr, node, scope)


def arguments(m: Machine, nodes: list[ir.Argument], scope: Scope) -> Arguments:
    """Evaluate the arguments of a call."""
    found = Arguments()
    for node in nodes:
        value = evaluate(m, node.value, scope)
        if node.star == 1:
            if isinstance(value, TupleValue):
                found.positional.extend(value.elements)
            elif isinstance(value, ListValue) and value.rest is None:
                found.positional.extend(value.items)
            else:
                found.open_positional = True
                found.positional.append(element_of(m, value, None, node, scope))
        elif node.star == 2:
            _spread(value, found)
        elif node.keyword is not None:
            found.keywords[node.keyword] = value
        else:
            found.positional.append(value)
    return found


def _spread(value: Value, found: Arguments) -> None:
    """``**value``: what isn't known by its key is kept under ``**``, with the provenance of all of it."""
    unknown: Value | None = value
    if isinstance(value, DictValue):
        for key, entry in value.entries.items():
            if isinstance(key, str):
                found.keywords.setdefault(key, entry)
        unknown = value.entries.get(DictValue.REST)
        found.open_keywords = found.open_keywords or any(not isinstance(key, str) for key in value.entries)
    else:
        found.open_keywords = True
    if unknown is not None and tokens_of(unknown):
        found.keywords["**"] = Data(Kind.UNKNOWN, tokens_of(unknown))


def _call(m: Machine, node: ir.Call, scope: Scope) -> Value:
    func = node.func
    if isinstance(func, ir.Attribute):
        receiver = evaluate(m, func.value, scope)
        if func.attr == "forward":
            note_forward(m, func, receiver, scope)
        given = arguments(m, node.args, scope)
        return m.method(m, receiver, func.attr, given, node, scope)
    callee = evaluate(m, func, scope)
    given = arguments(m, node.args, scope)
    return m.call(m, callee, given, node, scope)


def _subscript(m: Machine, node: ir.Subscript, scope: Scope) -> Value:
    return subscript(m, evaluate(m, node.value, scope), evaluate(m, node.index, scope), node, scope)


def _slice(m: Machine, node: ir.Slice, scope: Scope) -> Value:
    bounds = [evaluate(m, bound, scope) for bound in (node.lower, node.upper, node.step) if bound is not None]
    result = Data(Kind.UNKNOWN, union(*(tokens_of(bound) for bound in bounds)), origin="slice")
    m.shared["slice", id(result)] = _constant_bounds(m, node, scope)
    m.kept.append(result)
    return result


def _constant_bounds(m: Machine, node: ir.Slice, scope: Scope) -> tuple[float, float] | None:
    """First index and end of a slice, where they are constants counted from the start."""
    ends: list[float] = []
    for bound, default in ((node.lower, 0.0), (node.upper, float("inf"))):
        value = m.evaluate(m, bound, scope) if bound is not None else Constant(default)
        if not isinstance(value, Constant) or not isinstance(value.value, int | float) or value.value < 0:
            return None
        ends.append(value.value)
    return ends[0], ends[1]


def _sequence(m: Machine, node: ir.Sequence, scope: Scope) -> Value:
    items: list[Value] = []
    rest: Value | None = None
    for element in node.elements:
        if isinstance(element, ir.Starred):
            value = evaluate(m, element.value, scope)
            known = known_elements(m, value)
            if known is not None and not (isinstance(value, ListValue) and value.rest is not None):
                items.extend(known)
            else:
                one = element_of(m, value, None, element, scope)
                rest = one if rest is None else join(rest, one)
        else:
            items.append(evaluate(m, element, scope))
    if node.kind == "tuple" and rest is None:
        return TupleValue(tuple(items))
    return ListValue(items, rest, m.place(node, scope), node.kind)


def _dict(m: Machine, node: ir.Dict, scope: Scope) -> Value:
    result = DictValue({}, m.place(node, scope))
    for item in node.items:
        value = evaluate(m, item.value, scope)
        if item.key is None:
            if isinstance(value, DictValue):
                result.entries.update(value.entries)
            else:
                result.entries[DictValue.REST] = Data(Kind.UNKNOWN, tokens_of(value))
            continue
        key = evaluate(m, item.key, scope)
        spot = key.value if isinstance(key, Constant) else DictValue.REST
        if isinstance(spot, str):
            value = naming.named(m, value, spot, m.place(item, scope))
        result.entries[spot] = value
    return result


def _lambda(m: Machine, node: ir.Lambda, scope: Scope) -> Value:
    defaults = tuple(evaluate(m, p.default, scope) if p.default is not None else None for p in node.params)
    return Function(node, scope, defaults)


def _comprehension(m: Machine, node: ir.Comprehension, scope: Scope) -> Value:
    inner = Scope("function", scope.path, scope)
    m.activations.append(type(m.activation)(m.activation.function, inner))
    try:
        rows, complete = _rows(m, node, inner, 0)
    finally:
        m.activations.pop()
    if node.kind == "dict":
        return _dict_of(m, node, rows, complete, scope)
    values = [value for _, value in rows]
    if complete:
        return ListValue(values, None, m.place(node, scope), node.kind)
    rest = values[0]
    for value in values[1:]:
        rest = join(rest, value)
    return ListValue((), rest, m.place(node, scope), node.kind)


def _rows(m: Machine, node: ir.Comprehension, scope: Scope, depth: int) -> tuple[list[tuple[Value, Value]], bool]:
    """What the comprehension yields: (key, value) pairs, and whether these are all."""
    if depth == len(node.generators):
        element = evaluate(m, node.element, scope)
        if node.value is None:
            return [(element, element)], True
        return [(element, numbering.one_hot(m, node.value, evaluate(m, node.value, scope)))], True
    generator = node.generators[depth]
    iterable = evaluate(m, generator.iter, scope)
    known = known_elements(m, iterable)
    unrolled = known is not None and len(known) <= UNROLL
    loop = Loop(
        LoopKind.COMPREHENSION,
        m.place(generator, scope),
        describe(generator.target),
        tokens_of(iterable),
        unrolled=unrolled,
        over_value=iterable,
    )
    elements = known if known is not None and unrolled else [element_of(m, iterable, loop, node, scope)]
    rows: list[tuple[Value, Value]] = []
    complete = unrolled
    for number, element in enumerate(elements):
        with m.looping(Frame(loop, number)):
            assignment.assign(m, generator.target, element, scope)
            kept = True
            for condition in generator.conditions:
                decided, _ = operators.truth(evaluate(m, condition, scope))
                if decided is False:
                    kept = False
                elif decided is None:
                    complete = False
            if kept:
                below, whole = _rows(m, node, scope, depth + 1)
                rows.extend(below)
                complete = complete and whole
    if not rows:
        return [(Data(), Data())], False
    return rows, complete


def _dict_of(
    m: Machine, node: ir.Comprehension, rows: list[tuple[Value, Value]], complete: bool, scope: Scope
) -> DictValue:
    result = DictValue({}, m.place(node, scope))
    for key, value in rows:
        if complete and isinstance(key, Constant):
            if isinstance(key.value, str):
                value = naming.named(m, value, key.value, result.place)
            result.entries[key.value] = value
        else:
            assert result.place is not None
            value = numbering.stored(m, result, key, value, result.place)
            rest = result.entries.get(DictValue.REST)
            result.entries[DictValue.REST] = value if rest is None else join(rest, value)
    return result


def _fstring(m: Machine, node: ir.FString, scope: Scope) -> Value:
    values = [evaluate(m, value, scope) for value in node.values]
    if values and all(isinstance(value, Constant) for value in values):
        text = node.text
        for value in values:
            assert isinstance(value, Constant)
            text = text.replace("{}", str(value.value), 1)
        if len(text) < 4096:
            return Constant(text, optional=any(isinstance(v, Constant) and v.optional for v in values))
    if not values:
        return Constant(node.text)
    return Data(Kind.TEXT, union(*(tokens_of(value) for value in values)), origin=node.text[:200])


def _await(m: Machine, node: ir.Await, scope: Scope) -> Value:
    return evaluate(m, node.value, scope)


def _yield(m: Machine, node: ir.Yield, scope: Scope) -> Value:
    value = evaluate(m, node.value, scope) if node.value is not None else Constant(None)
    if node.delegates:
        value = element_of(m, value, None, node, scope)
    m.activation.yields.append(value)
    if m.activation.at_yield is not None:
        m.activation.at_yield(value)
    return Data()


def _named(m: Machine, node: ir.NamedExpr, scope: Scope) -> Value:
    value = evaluate(m, node.value, scope)
    assignment.assign(m, node.target, value, scope)
    return value


def _starred(m: Machine, node: ir.Starred, scope: Scope) -> Value:
    return evaluate(m, node.value, scope)


def _opaque(m: Machine, node: ir.Opaque, scope: Scope) -> Value:
    return Data(Kind.UNKNOWN, union(*(tokens_of(evaluate(m, child, scope)) for child in node.children)))


HANDLERS: dict[type, Callable[[Machine, Any, Scope], Value]] = {
    ir.Constant: _constant,
    ir.Name: _name,
    ir.Attribute: _attribute,
    ir.Call: _call,
    ir.Subscript: _subscript,
    ir.Slice: _slice,
    ir.BinaryOp: operators.binary,
    ir.UnaryOp: operators.unary,
    ir.BooleanOp: operators.boolean,
    ir.Comparison: compare,
    ir.Conditional: conditional,
    ir.Sequence: _sequence,
    ir.Dict: _dict,
    ir.Lambda: _lambda,
    ir.Comprehension: _comprehension,
    ir.FString: _fstring,
    ir.Await: _await,
    ir.Yield: _yield,
    ir.NamedExpr: _named,
    ir.Starred: _starred,
    ir.Opaque: _opaque,
}
