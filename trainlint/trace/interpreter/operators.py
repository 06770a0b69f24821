"""Operators: arithmetic on constants, provenance through everything else, and what is known of a condition."""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import Any

from trainlint.facts import ir
from trainlint.findings import Place
from trainlint.knowledge import is_known_library
from trainlint.trace.events import Measured
from trainlint.trace.interpreter import averages, batch_metrics, hits, numeric, scaling, standardising
from trainlint.trace.interpreter.machine import Machine
from trainlint.trace.interpreter.tensors import is_triangle, token
from trainlint.trace.merge import join, sources_of, tokens_of
from trainlint.trace.scope import Scope
from trainlint.trace.tokens import (
    NONE,
    UNKNOWN_SPLIT,
    CutToken,
    LossToken,
    MeasureToken,
    ModelToken,
    Source,
    Tokens,
    holds,
    union,
)
from trainlint.trace.values import (
    Choice,
    Class,
    Constant,
    Data,
    DictValue,
    External,
    Function,
    Graph,
    Instance,
    Kind,
    Library,
    ListValue,
    ModuleValue,
    Operation,
    TupleValue,
    Value,
    Wrapped,
)

ARITHMETIC: dict[str, Callable[[Any, Any], Any]] = {
    "+": operator.add,
    "-": operator.sub,
    "*": operator.mul,
    "/": operator.truediv,
    "//": operator.floordiv,
    "%": operator.mod,
    "<<": operator.lshift,
    ">>": operator.rshift,
    "&": operator.and_,
    "|": operator.or_,
    "^": operator.xor,
}
# Where a value comes from: a parameter's gradient, or a remainder (`(i + 1) % 4`), which makes a condition periodic.
GRADIENT = "gradient"
PERIODIC = "periodic"
# What hand-written metrics (`(mask * target).sum()`) and errors (`prediction - target`) are made with.
MEASURING = {"-": "difference", "*": "product", "&": "intersection", "|": "union", "^": "difference", "/": "quotient"}
# Constants larger than this are not computed: the linted code could ask for gigabytes.
LARGEST = 10**15
OBJECTS = (Instance, Library, Function, Class, ModuleValue, Wrapped)


def truth(value: Value) -> tuple[bool | None, bool]:
    """Whether a condition holds (None: not known), and whether an option's default says so."""
    if isinstance(value, Constant):
        return bool(value.value), value.optional
    if isinstance(value, TupleValue):
        return bool(value.elements), False
    if isinstance(value, ListValue) and value.rest is None and value.place is not None and value.items:
        return True, False
    if is_object(value):
        # A loader of length zero is false, but nobody asks for that.
        return True, False
    if isinstance(value, Choice):
        verdicts = {truth(option)[0] for option in value.options}
        return (verdicts.pop(), False) if len(verdicts) == 1 else (None, False)
    return None, False


def is_object(value: Value) -> bool:
    """Whether a value is certainly there. A name of an unknown module may be a setting: `from config import RESUME`."""
    if isinstance(value, External):
        return "." not in value.dotted or is_known_library(value.dotted.partition(".")[0])
    return isinstance(value, OBJECTS)


def binary(m: Machine, node: ir.BinaryOp, scope: Scope) -> Value:
    left, right = m.evaluate(m, node.left, scope), m.evaluate(m, node.right, scope)
    return combine(m, node.op, left, right, node, scope)


def combine(m: Machine, op: str, left: Value, right: Value, node: ir.Node, scope: Scope) -> Value:
    known = _known(m, op, left, right, node, scope)
    if known is not None:
        return known
    result = recorded(m, mix(left, right))
    if is_triangle(result) and not (op == "-" and isinstance(left, Constant) and left.value == 1):
        result.operations = ()
    result.reduction = averages.combined(op, left, right)
    if op in MEASURING and measured(m, [left, right], node, scope, MEASURING[op]):
        result.tokens = union(result.tokens, token(m, MeasureToken, m.place(node, scope)))
    if op in ("+", "-"):
        numeric.shifted(m, right)
    if op == "+":
        result.tokens = union(result.tokens, _terms_cut(m, left, right), _terms_cut(m, right, left))
        standardising.added(m, left, right, result)
    elif op == "-":
        _subtracted(m, left, right, result, m.place(node, scope))
    elif op in ("/", "*"):
        place = m.place(node, scope)
        scaling.scaled(m, op, left, right, result, place)
        if op == "/":
            _divided(m, left, right, result, place, _sides(m, node))
    return result


def _known(m: Machine, op: str, left: Value, right: Value, node: ir.Node, scope: Scope) -> Value | None:
    """The result where both sides are constants or collections that are known."""
    if isinstance(left, Constant) and isinstance(right, Constant):
        return fold(op, left, right)
    if op == "+" and isinstance(left, TupleValue) and isinstance(right, TupleValue):
        return TupleValue(left.elements + right.elements)
    if op == "+" and isinstance(left, ListValue) and isinstance(right, ListValue):
        return _concatenated(m, left, right, node, scope)
    if op == "*" and isinstance(left, ListValue) and isinstance(right, Constant):
        return left
    if op == "|" and isinstance(left, DictValue) and isinstance(right, DictValue):
        return DictValue({**left.entries, **right.entries}, left.place)
    if op == "+" and _holds_parameters(left) and _holds_parameters(right):
        return ListValue(_listed(left) + _listed(right), None, m.place(node, scope))
    if op == "%" and not isinstance(left, Constant):
        return _remainder(left, right)
    return None


def _subtracted(m: Machine, left: Value, right: Value, result: Data, place: Place) -> None:
    standardising.subtracted(m, left, right, result)
    if numeric.is_difference(left, right):
        result.origin = numeric.DIFFERENCE
    numeric.subtracted(m, left, right, result, place)


def _divided(m: Machine, left: Value, right: Value, result: Data, place: Place, words: tuple[str, str]) -> None:
    standardising.divided(m, left, right, result)
    numeric.divided(m, left, right, result, place)
    averages.divided(m, left, right, place, words)
    batch_metrics.divided(m, left, right, place)


def _terms_cut(m: Machine, term: Value, loss: Value) -> Tokens:
    """The token of a term that came out of a network, left its graph, and is added to a loss that has one."""
    if not isinstance(term, Data) or term.graph is not Graph.DETACHED or term.cut is None:
        return NONE
    if not isinstance(loss, Data) or loss.graph is not Graph.ATTACHED or not holds(loss.tokens, LossToken):
        return NONE
    if not holds(term.tokens, ModelToken):
        return NONE
    return token(m, CutToken, term.cut)


def _sides(m: Machine, node: ir.Node) -> tuple[str, str]:
    """Both sides of an operator in the author's words."""
    if isinstance(node, ir.BinaryOp):
        return m.words(node.left), m.words(node.right)
    if isinstance(node, ir.AugAssign):
        return m.words(node.target), m.words(node.value)
    return "", ""


def recorded(m: Machine, result: Data) -> Data:
    """What is computed while gradients are off has no graph."""
    if result.graph is Graph.ATTACHED and m.flags.get("gradients") is False:
        result.graph = Graph.DETACHED
    return result


def _holds_parameters(value: Value) -> bool:
    return isinstance(value, ListValue) or (isinstance(value, Library) and value.role == "parameters")


def _listed(value: Value) -> tuple[Value, ...]:
    if isinstance(value, ListValue):
        return (*value.items, *((value.rest,) if value.rest is not None else ()))
    return (value,)


def _remainder(left: Value, right: Value) -> Value:
    """``step % n``. Nothing remains of a division by one: an accumulation over one batch is none."""
    if isinstance(right, Constant) and right.value == 1 and isinstance(left, Data) and left.kind is Kind.NUMBER:
        return Constant(0, optional=right.optional)
    result = mix(left, right)
    result.origin = PERIODIC
    return result


def is_periodic(*values: Value) -> bool:
    return any(isinstance(value, Data) and value.origin == PERIODIC for value in values)


def _concatenated(m: Machine, left: ListValue, right: ListValue, node: ir.Node, scope: Scope) -> ListValue:
    rest = right.rest if left.rest is None else left.rest if right.rest is None else join(left.rest, right.rest)
    return ListValue((*left.items, *right.items), rest, m.place(node, scope))


def fold(op: str, left: Constant, right: Constant) -> Constant | None:
    """Arithmetic on constants, as far as it stays small."""
    a, b = left.value, right.value
    optional = left.optional or right.optional
    try:
        if isinstance(a, str) and isinstance(b, str) and op == "+":
            return Constant(a + b, optional=optional) if len(a) + len(b) < 4096 else None
        if op == "%" and isinstance(a, str):
            return None
        if not isinstance(a, int | float) or not isinstance(b, int | float):
            return None
        if op == "**":
            return Constant(a**b, optional=optional) if abs(a) < 1e6 and abs(b) <= 64 else None
        if op in ("<<", ">>") and not (isinstance(a, int) and isinstance(b, int) and 0 <= b <= 64):
            return None
        if op not in ARITHMETIC:
            return None
        result = ARITHMETIC[op](a, b)
    except (ArithmeticError, TypeError, ValueError):
        return None
    if isinstance(result, complex) or abs(result) > LARGEST:
        return None
    return Constant(result, optional=optional)


def mix(*values: Value) -> Data:
    """The result of computing with several values."""
    tensors = [value for value in values if isinstance(value, Data)]
    kinds = [value.kind for value in tensors]
    kind = Kind.NUMBER if kinds and kinds.count(Kind.NUMBER) == len(kinds) else Kind.UNKNOWN
    if Kind.TENSOR in kinds:
        kind = Kind.TENSOR
    # Numbers have no graph, and bring none.
    graphs = [value.graph for value in tensors if value.kind is not Kind.NUMBER or value.graph is not Graph.UNKNOWN]
    graph = Graph.UNKNOWN
    if Graph.ATTACHED in graphs:
        graph = Graph.ATTACHED
    elif graphs and graphs.count(Graph.DETACHED) == len(graphs):
        graph = Graph.DETACHED
    cuts = [value.cut for value in tensors if value.cut is not None]
    return Data(
        kind,
        union(*[tokens_of(value) for value in values]),
        graph=graph,
        operations=_operations(tensors),
        cut=cuts[0] if cuts and graph is Graph.DETACHED else None,
        reduction=tensors[0].reduction if len(values) == 1 and tensors else None,
        origin=_origin(values),
        dtype=shared_dtype(tensors),
    )


def shared_dtype(tensors: list[Data]) -> str | None:
    """The precision of a result: that of all tensors in it whose precision is known to be the same."""
    found = {value.dtype for value in tensors if value.kind is not Kind.NUMBER or value.dtype is not None}
    return found.pop() if len(found) == 1 else None


def _origin(values: tuple[Value, ...]) -> str | None:
    """What a result was computed from, where that goes on telling: a gradient, or a length (``epochs * len(loader)``)."""
    origin = None
    for value in values:
        if is_gradient(value):
            return GRADIENT
        if isinstance(value, Data) and value.origin == "length":
            origin = "length"
    return origin


def is_gradient(value: Value | None) -> bool:
    """Whether a value is a parameter's gradient, or computed from one."""
    if isinstance(value, Data):
        return value.origin == GRADIENT
    return isinstance(value, Library) and value.role == "parameter_grad"


def _operations(tensors: list[Data]) -> tuple[Operation, ...]:
    # Scaling a softmax leaves a softmax; adding two tensors gives something new.
    carrying = [value for value in tensors if value.operations]
    return carrying[0].operations if len(carrying) == 1 and len(tensors) == 1 else ()


def augmented(m: Machine, node: ir.AugAssign, before: Value, addend: Value, scope: Scope) -> Value:
    """``target op= value``. In a loop the result of counting is a number, not a constant."""
    total = averages.added(m, before, addend) if node.op == "+" else None
    if m.frames and isinstance(before, Constant) and isinstance(addend, Constant):
        return Data(Kind.NUMBER, hits.counted(m), origin="counter", reduction=total)
    result = combine(m, node.op, before, addend, node, scope)
    if node.op == "+" and isinstance(result, Data):
        result.reduction = total
    if isinstance(before, Data) and before.origin == "counter" and isinstance(result, Data):
        result.tokens = union(result.tokens, hits.counted(m))
        if not result.tokens:
            result.origin = "counter"
    return result


def unary(m: Machine, node: ir.UnaryOp, scope: Scope) -> Value:
    value = m.evaluate(m, node.operand, scope)
    if node.op == "not":
        decided, optional = truth(value)
        if decided is None:
            return Data(Kind.NUMBER, tokens_of(value), origin=PERIODIC if is_periodic(value) else None)
        return Constant(not decided, optional=optional)
    if isinstance(value, Constant) and isinstance(value.value, int | float):
        if node.op == "-":
            return Constant(-value.value, optional=value.optional)
        if node.op == "+":
            return value
    if isinstance(value, Data):
        result = mix(value)
        # The negative of a probability is none: `-F.softmax(x)` is nobody's input to a loss. The opposite of a mask is one.
        result.operations = value.operations if node.op == "~" else ()
        return result
    return mix(value)


def boolean(m: Machine, node: ir.BooleanOp, scope: Scope) -> Value:
    left = m.evaluate(m, node.left, scope)
    decided, optional = truth(left)
    if decided is None:
        right = m.evaluate(m, node.right, scope)
        if node.op == "and" and isinstance(right, Constant) and not right.value:
            return right
        if isinstance(left, Data) and isinstance(right, Data | Constant):
            return Data(Kind.UNKNOWN, union(tokens_of(left), tokens_of(right)), origin=_condition(left, right))
        return join(left, right)
    stops = decided if node.op == "or" else not decided
    if not stops:
        right = m.evaluate(m, node.right, scope)
        if optional and isinstance(right, Constant):
            return Constant(right.value, optional=True)
        return right
    return left


def _condition(left: Value, right: Value) -> str | None:
    """What a condition is about, of which others are only a part: rounds that are counted, or the module's mode."""
    if is_periodic(left, right):
        return PERIODIC
    origins = [value.origin for value in (left, right) if isinstance(value, Data) and value.origin is not None]
    return next((origin for origin in origins if origin.startswith("training")), None)


def measured(m: Machine, values: list[Value], node: ir.Node, scope: Scope, what: str) -> bool:
    """Record that predictions meet targets: some of the values went through a network, others are data that did not."""
    predictions = [value for value in values if holds(tokens_of(value), ModelToken)]
    if not predictions or m.in_wording:
        return False
    predicted = {source for value in predictions for source in sources_of(value)}
    targets = [value for value in values if value not in predictions and _belong(sources_of(value), predicted)]
    if not targets:
        return False
    m.emit(Measured(m.place(node, scope), union(*[tokens_of(value) for value in values]), what))
    return True


def _belong(targets: list[Source], predicted: set[Source]) -> bool:
    """Whether targets are those of the predicted data: of the same source or split. What was only built from the raw
    data (a vocabulary's end token) is no target."""
    if not predicted:
        return bool(targets)
    splits = {source.split for source in predicted} - {UNKNOWN_SPLIT}
    return any(source in predicted or source.split in splits for source in targets)
