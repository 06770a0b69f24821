"""Methods of lists, dicts and strings."""

from __future__ import annotations

from trainlint.facts import ir
from trainlint.trace.interpreter import assignment, numbering
from trainlint.trace.interpreter.iteration import element_of
from trainlint.trace.interpreter.library.datasets import SAME
from trainlint.trace.interpreter.machine import Arguments, Machine
from trainlint.trace.interpreter.ordering import complemented, listing, ordered
from trainlint.trace.interpreter.subscripts import subscript
from trainlint.trace.merge import join, tokens_of
from trainlint.trace.scope import Scope
from trainlint.trace.tokens import union
from trainlint.trace.values import (
    Constant,
    Data,
    DictValue,
    Instance,
    Kind,
    Library,
    ListValue,
    Stream,
    TupleValue,
    Value,
)

PURE_TEXT = frozenset("lower upper strip lstrip rstrip title capitalize".split())


def list_method(m: Machine, receiver: ListValue, name: str, given: Arguments, node: ir.Node, scope: Scope) -> Value:
    value = given.get(0)
    place = m.place(node, scope)
    if name in ("append", "add", "appendleft") and value is not None:
        value = assignment.accumulated(m, receiver.name or "list", receiver, value, value, name, place)
        assignment.append(m, receiver, value, place)
        return Constant(None)
    if name in ("extend", "update") and value is not None:
        assignment.extend(m, receiver, value, place)
        return Constant(None)
    if name == "insert" and len(given.positional) > 1:
        assignment.append(m, receiver, given.positional[1], place)
        return Constant(None)
    if name in ("pop", "popleft"):
        return element_of(m, receiver, None, node, scope)
    if name == "copy":
        return ListValue(receiver.items, receiver.rest, receiver.place, receiver.kind)
    if name in ("clear",):
        m.store.set(receiver.state, "items", ())
        m.store.set(receiver.state, "rest", None)
        return Constant(None)
    if name == "index":
        numbering.looked_up(m, receiver, value, place)
    if name == "sort":
        numbering.sorted_in_place(m, receiver)
        fixed = ordered(receiver)
        if isinstance(fixed, ListValue):
            m.store.set(receiver.state, "items", fixed.items)
            m.store.set(receiver.state, "rest", fixed.rest)
        return Constant(None)
    if name == "reverse":
        return Constant(None)
    if name == "difference" and value is not None:
        others = ListValue(receiver.items, receiver.rest, place, receiver.kind)
        complemented(m, value, others)
        return others
    return Data(Kind.UNKNOWN, tokens_of(receiver))


def dict_method(m: Machine, receiver: DictValue, name: str, given: Arguments, node: ir.Node, scope: Scope) -> Value:
    key = given.get(0)
    place = m.place(node, scope)
    if name in ("get", "pop", "setdefault", "__getitem__") and key is not None:
        found = receiver.entries.get(key.value) if isinstance(key, Constant) else None
        if found is not None:
            return found
        default = given.get(1)
        if name == "setdefault" and default is not None:
            assignment.store_item(m, receiver, key, default, place)
            return default
        if isinstance(key, Constant) and DictValue.REST not in receiver.entries and default is not None:
            return default
        return subscript(
            m,
            receiver,
            key,
            ir.Subscript(node.start, node.end, ir.Constant(0, 0, None), ir.Constant(0, 0, None)),
            scope,
        )
    if name == "items":
        return _items(receiver)
    if name == "values":
        return ListValue(*_values(receiver), place)
    if name == "keys":
        return receiver
    if name == "update":
        for value in given.positional:
            if isinstance(value, DictValue):
                for entry_key, entry in value.entries.items():
                    m.store.set(receiver.entries, entry_key, entry)
            else:
                rest = Data(Kind.UNKNOWN, tokens_of(value))
                m.store.set(receiver.entries, DictValue.REST, rest)
        for word, value in given.keywords.items():
            assignment.store_item(m, receiver, Constant(word), value, place)
        return Constant(None)
    if name == "copy":
        return DictValue(receiver.entries, receiver.place)
    if name in SAME and all(isinstance(value, Library | Instance) for value in receiver.entries.values()):
        # The parts of a data set, each of which is mapped.
        return receiver
    if name in receiver.entries:
        return m.call(m, receiver.entries[name], given, node, scope)
    return Data(Kind.UNKNOWN, union(*(tokens_of(value) for value in given.all())))


def _values(receiver: DictValue) -> tuple[list[Value], Value | None]:
    known = [value for key, value in receiver.entries.items() if key is not DictValue.REST]
    return known, receiver.entries.get(DictValue.REST)


def _items(receiver: DictValue) -> Value:
    known, rest = _values(receiver)
    if rest is None and known:
        pairs = tuple(TupleValue((Constant(key), value)) for key, value in receiver.entries.items())
        return Stream(Data(), TupleValue(pairs), len(pairs))
    everything = [*known, *((rest,) if rest is not None else ())]
    element = everything[0] if everything else Data()
    for value in everything[1:]:
        element = join(element, value)
    return Stream(TupleValue((Data(Kind.TEXT), element)), receiver)


def text_method(m: Machine, receiver: Constant, name: str, given: Arguments, node: ir.Node, scope: Scope) -> Value:
    text = receiver.value
    if name in ("glob", "rglob", "iterdir"):
        return listing(m, m.place(node, scope))
    if not isinstance(text, str):
        return Data(Kind.NUMBER)
    if name in PURE_TEXT and not given.all():
        result: str = getattr(text, name)()
        return Constant(result, optional=receiver.optional)
    if name in ("startswith", "endswith") and isinstance(given.get(0), Constant):
        part = given.positional[0]
        if isinstance(part, Constant) and isinstance(part.value, str):
            return Constant(getattr(text, name)(part.value), optional=receiver.optional)
    if name in ("startswith", "endswith"):
        return Data(Kind.NUMBER)
    if name == "join" and given.positional:
        return Data(Kind.TEXT, tokens_of(given.positional[0]), origin=text)
    return Data(Kind.TEXT, union(*(tokens_of(value) for value in given.all())), origin=text)
