"""Tensor functions and methods that the tables describe."""

from __future__ import annotations

from collections.abc import Mapping

from trainlint.facts import ir
from trainlint.findings import Place
from trainlint.knowledge.schema import Entry
from trainlint.trace.events import AttentionMasked, Operated
from trainlint.trace.interpreter import averages, batch_metrics, numeric, precision, sizes, standardising
from trainlint.trace.interpreter.machine import Arguments, Machine
from trainlint.trace.interpreter.operators import measured, mix, recorded
from trainlint.trace.interpreter.tensors import (
    MOVING,
    REDUCTIONS,
    TRIANGLE,
    detached,
    drawn_token,
    is_triangle,
    moved,
    operated,
    token,
)
from trainlint.trace.merge import choice, options_of, tokens_of
from trainlint.trace.scope import Scope
from trainlint.trace.tokens import NONE, LossToken, MeasureToken, ModelToken, SpacedToken, WrittenToken, holds, union
from trainlint.trace.values import Constant, Data, Graph, Kind, ListValue, Operation, TupleValue, Value

# Operations that leave the meaning of a softmax as it is: rules look through them.
PLAIN = "none"
# Mixing with others or reducing ends what was known of a value's operations.
ENDING = frozenset({"softplus", "exp", "clamp", "tanh"})
# Rows up to which a table that stands in a program is one of examples.
EXAMPLES = 20


def call_operation(m: Machine, dotted: str, entry: Entry, given: Arguments, node: ir.Node, scope: Scope) -> Value:
    """``torch.softmax(x, dim=1)``: the first argument is the value, the others its settings."""
    first = given.get(0, entry.params[0] if entry.params else "input")
    if first is None:
        first = given.keywords.get("input") or given.keywords.get("x") or Data(Kind.TENSOR)
    short = dotted.rpartition(".")[2]
    if short in ("isclose", "allclose"):
        numeric.closeness(m, given, m.place(node, scope))
    options = [operate(m, dotted, entry, option, given, node, scope) for option in options_of(first)]
    if short in standardising.STATISTICS:
        for option, result in zip(options_of(first), options, strict=True):
            standardising.reduced(m, option, short, result, m.place(node, scope))
    return choice(options)


def operate(
    m: Machine, dotted: str, entry: Entry, value: Value, given: Arguments, node: ir.Node, scope: Scope
) -> Value:
    """Apply an operation to one value."""
    place = m.place(node, scope)
    name = str(entry.traits.get("op") or PLAIN)
    bound = given.bind(entry.params)
    if entry.traits.get("creates"):
        return _leaf(_created(m, dotted, entry, given, place), dotted, bound)
    tensor = value if isinstance(value, Data) else mix(value)
    if entry.traits.get("cuts"):
        result = detached(tensor, place)
        if _is_written(value):
            result.tokens = union(result.tokens, token(m, WrittenToken, place))
        if entry.traits.get("gives") == "number":
            result.kind = Kind.NUMBER
        elif dotted.startswith("torch.") and not dotted.startswith("torch.Tensor."):
            result.dtype = precision.created(m, dotted, given) or result.dtype
        return _leaf(result, dotted, bound)
    if name == PLAIN or name in ENDING:
        result = _mixed(m, dotted, entry, value, tensor, given, place)
        indices = _indices(m, dotted, value, tensor, given, place)
        return TupleValue((result, indices)) if indices is not None else _leaf(result, dotted, bound)
    result = recorded(m, operated(tensor, name, place, _axis(entry, bound)))
    others = [other for other in given.all() if other is not value]
    if name == "compare":
        result.tokens = union(tensor.tokens, *(tokens_of(other) for other in others))
        if measured(m, [value, *others], node, scope, "comparison"):
            result.tokens = union(result.tokens, token(m, MeasureToken, place))
    if given.open_keywords:
        bound["**"] = Data()
    m.emit(Operated(place, name, value, bool(m.in_forward), bound, result, dotted))
    return result


def _is_written(value: Value) -> bool:
    """Whether a list of lists of numbers stands in the program, a table of examples rather than a few settings."""
    if not isinstance(value, ListValue) or value.rest is not None or not 2 <= len(value.items) <= EXAMPLES:
        return False
    return all(
        isinstance(item, ListValue)
        and item.rest is None
        and bool(item.items)
        and all(isinstance(number, Constant) for number in item.items)
        for item in value.items
    )


def _created(m: Machine, dotted: str, entry: Entry, given: Arguments, place: Place) -> Data:
    """A new tensor that holds nothing of the arguments."""
    tokens = NONE
    if entry.traits.get("random"):
        draws = "numpy" if dotted.startswith("numpy.") else "torch"
        tokens = drawn_token(m, place, draws, seeded="generator" in given.keywords)
    elif entry.traits.get("spaced"):
        tokens = token(m, SpacedToken, place)
    sizes.drawn(m, place, given)
    dtype = precision.created(m, dotted, given)
    return Data(Kind.TENSOR, tokens, graph=Graph.DETACHED, origin=f"call:{dotted}", dtype=dtype)


def _mixed(m: Machine, dotted: str, entry: Entry, value: Value, tensor: Data, given: Arguments, place: Place) -> Data:
    """The result of an operation that no rule asks about, or that ends what was asked about before."""
    name, short = str(entry.traits.get("op") or PLAIN), dotted.rpartition(".")[2]
    result = mix(*given.all()) if value in given.positional else mix(value, *given.all())
    result.kind = Kind.UNKNOWN if entry.traits.get("gives") == "object" else Kind.TENSOR
    result.reduction = averages.reduced(tensor, short)
    keeps = name in (PLAIN, "clamp") and short not in REDUCTIONS
    result.operations = tensor.operations if keeps and all(v is value or _is_setting(v) for v in given.all()) else ()
    if name in ENDING:
        result = operated(result, name, place)
    recorded(m, result)
    if dotted == "torch.Tensor.mean":
        batch_metrics.averaged(m, value, place)
    _reshape(result, tensor, short, place)
    if entry.traits.get("masks"):
        attention_masked(m, short, entry.traits["masks"], given, place)
    return result


def _indices(m: Machine, dotted: str, value: Value, tensor: Data, given: Arguments, place: Place) -> Data | None:
    """The places that come back with the values: ``x.max(1)``."""
    along = _indices_along(dotted, given)
    if along is None:
        return None
    axis = along.value if isinstance(along.value, int) else None
    indices = recorded(m, operated(tensor, "argmax", place, axis))
    m.emit(Operated(place, "argmax", value, bool(m.in_forward), {"dim": along}, indices, dotted))
    return indices


def _reshape(result: Data, tensor: Data, short: str, place: Place) -> None:
    """What becomes of axes and triangles."""
    if short in MOVING:
        moved(result)
    elif short in ("tril", "triu") and tensor.origin in ("call:torch.ones", "call:torch.ones_like"):
        result.operations = (Operation(TRIANGLE, place),)
    elif is_triangle(result):
        result.operations = ()


def attention_masked(m: Machine, function: str, masks: Mapping[str, int], given: Arguments, place: Place) -> None:
    """Record the masks that attention is given: ``masks`` are its parameters for them, with their positions."""
    for parameter, position in masks.items():
        mask = given.get(position, parameter)
        if mask is not None and not isinstance(mask, Constant):
            m.emit(AttentionMasked(place, function, parameter, mask))


def _indices_along(dotted: str, given: Arguments) -> Constant | None:
    """The axis (a constant None where unknown), if values and their places come back: ``x.max(1)``, ``torch.topk(x, 5)``."""
    short = dotted.rpartition(".")[2]
    if short in ("topk", "sort", "kthvalue"):
        return Constant(None)
    if short not in ("max", "min", "median", "mode", "cummax", "cummin"):
        return None
    axis = given.keywords.get("dim") or given.get(0 if dotted.startswith("torch.Tensor.") else 1)
    if isinstance(axis, Constant):
        return axis
    return Constant(None) if isinstance(axis, Data) and axis.kind is Kind.NUMBER else None


def _leaf(value: Data, dotted: str, bound: dict[str, Value]) -> Data:
    """A new tensor for which gradients are computed, which a loss that was cut off does not become."""
    asked = bound.get("requires_grad")
    wanted = (isinstance(asked, Constant) and asked.value is True) or dotted.endswith(".Parameter")
    if wanted and not holds(value.tokens, (LossToken, ModelToken)):
        value.graph, value.cut = Graph.ATTACHED, None
    return value


def _is_setting(value: Value) -> bool:
    """Whether an argument is a number, a text or a shape, rather than further data."""
    if isinstance(value, TupleValue):
        return all(_is_setting(element) for element in value.elements)
    return isinstance(value, Constant) or (isinstance(value, Data) and value.kind is Kind.NUMBER and not value.tokens)


def _axis(entry: Entry, bound: dict[str, Value]) -> int | None:
    name = entry.traits.get("dim")
    value = bound.get(str(name)) if name else None
    return value.value if isinstance(value, Constant) and isinstance(value.value, int) else None
