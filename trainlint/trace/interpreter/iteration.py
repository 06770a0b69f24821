"""What iterating a value yields."""

from __future__ import annotations

from trainlint.facts import ir
from trainlint.knowledge.schema import Entry
from trainlint.trace.events import Loop
from trainlint.trace.interpreter.machine import Arguments, Machine
from trainlint.trace.interpreter.ordering import one_of
from trainlint.trace.interpreter.sources import as_sources, batch_of
from trainlint.trace.merge import choice, tokens_of
from trainlint.trace.scope import Scope
from trainlint.trace.tokens import NONE, IndexToken
from trainlint.trace.values import (
    Choice,
    Constant,
    Data,
    DictValue,
    GeneratorValue,
    Graph,
    Instance,
    Kind,
    Library,
    ListValue,
    Stream,
    TupleValue,
    Value,
)


def without_progress(value: Value) -> Value:
    """What a progress bar goes over."""
    while isinstance(value, Library) and value.role == "progress" and "iterable" in value.arguments:
        value = value.arguments["iterable"]
    return value


def known_elements(m: Machine, value: Value) -> list[Value] | None:
    """The elements, where each is known: a literal list, a dict, ``enumerate`` or ``zip`` of such."""
    value = without_progress(value)
    if isinstance(value, TupleValue):
        return list(value.elements)
    if isinstance(value, ListValue):
        return list(value.items) if value.rest is None and value.items else None
    if isinstance(value, DictValue):
        if not value.entries or DictValue.REST in value.entries:
            return None
        return [Constant(key) for key in value.entries]
    if isinstance(value, Constant) and isinstance(value.value, str):
        return None
    if isinstance(value, Stream) and isinstance(value.over, TupleValue):
        return list(value.over.elements)
    return None


def rounds_of(value: Value) -> int | None:
    """How many rounds a loop over the value has, where constants say so."""
    value = without_progress(value)
    return value.length if isinstance(value, Stream) else None


def element_of(m: Machine, value: Value, loop: Loop | None, node: ir.Node, scope: Scope) -> Value:
    """What one round over a value is given."""
    value = without_progress(value)
    if isinstance(value, Stream):
        return _fresh(value.element, loop)
    if isinstance(value, TupleValue):
        return choice(list(value.elements)) if value.elements else Data()
    if isinstance(value, ListValue):
        return _of_list(value)
    if isinstance(value, DictValue):
        return Data(Kind.TEXT)
    if isinstance(value, Choice):
        return choice([element_of(m, option, loop, node, scope) for option in value.options])
    if isinstance(value, GeneratorValue):
        return m.iterate(m, value, node, scope)
    if isinstance(value, Instance):
        return _of_instance(m, value, node, scope)
    if isinstance(value, Library):
        return _of_library(m, value)
    if isinstance(value, Data):
        return one_of(m, value, _of_data(m, value))
    return Data()


def _fresh(element: Value, loop: Loop | None) -> Value:
    """Counters belong to the loop that they count."""
    if loop is None:
        return element
    if isinstance(element, Data) and element.origin == "index":
        return Data(Kind.NUMBER, frozenset((IndexToken(loop),)), origin="index")
    if isinstance(element, TupleValue):
        return TupleValue(tuple(_fresh(part, loop) for part in element.elements))
    return element


def _of_list(value: ListValue) -> Value:
    parts = [*value.items, *((value.rest,) if value.rest is not None else ())]
    return choice(parts) if parts else Data()


def _of_library(m: Machine, value: Library) -> Value:
    if value.role in ("container", "module"):
        children = value.arguments.get("*")
        return choice(list(children.elements)) if isinstance(children, TupleValue) and children.elements else Data()
    if value.role == "param_groups":
        return Library("<param_group>", Entry("param_group"), value.arguments, value.place)
    if value.role in ("parameters", "modules"):
        element = Data(Kind.UNKNOWN, origin=value.role)
        element.tokens = tokens_of(value)
        return Library("<element>", value.entry, {**value.arguments, "one": Constant(True)}, value.place)
    if value.source is not None or value.role in ("loader", "dataset"):
        return batch_of(m, value)
    return Data(Kind.UNKNOWN, tokens_of(value))


def _of_instance(m: Machine, value: Instance, node: ir.Node, scope: Scope) -> Value:
    from_getitem = "dataset" in value.kinds or value.source is not None
    if any("__iter__" in cls.attributes for cls in value.cls.lineage()):
        iterator = m.method(m, value, "__iter__", Arguments(), node, scope)
        if isinstance(iterator, Instance) and any("__next__" in cls.attributes for cls in iterator.cls.lineage()):
            element = m.method(m, iterator, "__next__", Arguments(), node, scope)
        elif iterator is value:
            element = Data()
        else:
            element = element_of(m, iterator, None, node, scope)
        if not as_sources(m, element) and value.source is not None:
            return batch_of(m, value)
        return element
    if from_getitem:
        return batch_of(m, value)
    if "module" in value.kinds:
        return Data()
    as_sources(m, value)
    return batch_of(m, value)


def _of_data(m: Machine, value: Data) -> Value:
    if value.promoted is not None and value.promoted.role == "loader":
        return batch_of(m, value.promoted)
    if value.kind is Kind.NUMBER:
        return Data(Kind.NUMBER, value.tokens)
    as_sources(m, value)
    return Data(
        Kind.UNKNOWN,
        value.tokens,
        graph=value.graph
        if value.graph is Graph.ATTACHED
        else Graph.DETACHED
        if as_sources(m, value)
        else Graph.UNKNOWN,
        operations=value.operations,
        name=value.name,
    )


def enumerated(m: Machine, value: Value, node: ir.Node, scope: Scope) -> Value:
    """``enumerate(value)``."""
    known = known_elements(m, value)
    if known is not None:
        pairs = tuple(TupleValue((Constant(number), element)) for number, element in enumerate(known))
        return Stream(Data(), TupleValue(pairs), len(known))
    element = element_of(m, value, None, node, scope)
    return Stream(TupleValue((Data(Kind.NUMBER, origin="index"), element)), value, rounds_of(value))


def zipped(m: Machine, values: list[Value], node: ir.Node, scope: Scope) -> Value:
    """``zip(*values)``."""
    known = [known_elements(m, value) for value in values]
    if values and all(elements is not None for elements in known):
        lists = [elements for elements in known if elements is not None]
        pairs = tuple(TupleValue(tuple(row)) for row in zip(*lists, strict=False))
        return Stream(Data(), TupleValue(pairs), len(pairs))
    return Stream(
        TupleValue(tuple(element_of(m, value, None, node, scope) for value in values)),
        ListValue(values, None, None),
    )


def counted(length: int | None) -> Stream:
    """``range(...)`` with ``length`` rounds."""
    return Stream(Data(Kind.NUMBER, NONE, origin="index"), None, length)


__all__ = ["counted", "element_of", "enumerated", "known_elements", "rounds_of", "zipped"]
