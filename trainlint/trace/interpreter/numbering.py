"""Names that get numbers: `{name: i for i, name in enumerate(names)}`, and the order that decides which."""

from __future__ import annotations

from trainlint.facts import ir
from trainlint.findings import Place
from trainlint.trace.callables import names_in
from trainlint.trace.events import Numbered
from trainlint.trace.interpreter.machine import Machine
from trainlint.trace.interpreter.tensors import token
from trainlint.trace.merge import tokens_of
from trainlint.trace.tokens import IndexToken, NumberedToken, UnorderedToken, union
from trainlint.trace.values import Constant, Data, DictValue, Kind, ListValue, Stream, TupleValue, Value

ONE_HOT = frozenset({"identity", "eye", "one_hot"})


def from_set(m: Machine, source: Value, made: Value) -> None:
    """Note that a list was made of a set, whose order it has."""
    if isinstance(source, ListValue) and (source.kind == "set" or ("from set", id(source)) in m.shared):
        m.shared["from set", id(made)] = source.place
        m.kept.append(made)


def sorted_in_place(m: Machine, value: Value) -> None:
    """``names.sort()`` fixes the order."""
    m.shared.pop(("from set", id(value)), None)


def one_hot(m: Machine, node: ir.Expr, value: Value) -> Value:
    """``np.eye(n)[i]`` in a comprehension over ``enumerate(names)``: a number in another dress."""
    if not isinstance(value, Data) or not m.frames:
        return value
    loop = m.frames[-1].loop
    if not isinstance(loop.over_value, Stream) or not isinstance(loop.over_value.element, TupleValue):
        return value
    if not names_in(node) & ONE_HOT:
        return value
    return Data(Kind.NUMBER, union(value.tokens, frozenset((IndexToken(loop),))))


def stored(m: Machine, container: Value, key: Value, value: Value, place: Place) -> Value:
    """``numbers[name] = i`` and ``numbers[name] = len(numbers)``: the value to store."""
    if not isinstance(value, Data) or value.kind is not Kind.NUMBER or isinstance(key, Constant):
        return value
    over: Value | None = None
    if value.origin == "length" and m.shared.get(("length", id(value))) is container and m.frames:
        over = m.frames[-1].loop.over_value
    for mark in value.tokens:
        if isinstance(mark, IndexToken):
            over = getattr(mark.loop, "over_value", None)
    if over is None or not _numbered(m, over, container, key, place):
        return value
    return Data(Kind.NUMBER, union(value.tokens, token(m, NumberedToken, place)), origin=value.origin)


def paired(m: Machine, pairs: Value, container: DictValue, place: Place) -> None:
    """``dict(zip(names, range(len(names))))``."""
    if not isinstance(pairs, Stream) or not isinstance(pairs.element, TupleValue) or len(pairs.element.elements) != 2:
        return
    key, value = pairs.element.elements
    if isinstance(value, Data) and value.origin == "index" and isinstance(pairs.over, ListValue) and pairs.over.items:
        _numbered(m, pairs.over.items[0], container, key, place)


def looked_up(m: Machine, names: ListValue, name: Value | None, place: Place) -> None:
    """``names.index(name)``."""
    if name is not None:
        _numbered(m, names, names, name, place)


def _numbered(m: Machine, over: Value | None, container: Value, key: Value, place: Place) -> bool:
    found = _unordered(m, over)
    if found is not None:
        element = key.kind is Kind.TEXT if isinstance(key, Data) else False
        m.emit(Numbered(place, container, key.name, found[0], found[1], element))
    return found is not None


def _unordered(m: Machine, value: Value | None) -> tuple[Place, str] | None:
    """Where an order arises that is not fixed, and whether by a set or a listing."""
    if isinstance(value, Stream):
        inner = value.over
        if isinstance(inner, ListValue) and inner.place is None and inner.items:
            # What `zip` goes over.
            inner = inner.items[0]
        return _unordered(m, inner)
    if isinstance(value, ListValue):
        place = value.place if value.kind == "set" else m.shared.get(("from set", id(value)))
        number = isinstance(value.rest, Data) and value.rest.kind is Kind.NUMBER
        if isinstance(place, Place) and value.rest is not None and not number:
            return place, "set"
    for mark in tokens_of(value):
        if isinstance(mark, UnorderedToken):
            return mark.place, mark.of
    return None
