"""``value[index]``."""

from __future__ import annotations

from trainlint.facts import ir
from trainlint.knowledge.conventions import split_of_name
from trainlint.knowledge.schema import Entry
from trainlint.trace.events import Trimmed
from trainlint.trace.interpreter import averages, sizes
from trainlint.trace.interpreter.attributes import LOSS_NAMES, field, get_attribute, of_data
from trainlint.trace.interpreter.iteration import element_of
from trainlint.trace.interpreter.learning import sliced
from trainlint.trace.interpreter.library.persistence import restored
from trainlint.trace.interpreter.machine import Arguments, Machine
from trainlint.trace.interpreter.networks import unknown_network
from trainlint.trace.interpreter.ordering import one_of, parted, through
from trainlint.trace.interpreter.sources import as_sources, batch_of, derived, source_of
from trainlint.trace.interpreter.tensors import moved, reshaped
from trainlint.trace.merge import choice, sources_of, tokens_of
from trainlint.trace.scope import Scope
from trainlint.trace.tokens import GatheredToken, IndexToken, Source, holds, union
from trainlint.trace.values import (
    Choice,
    Constant,
    Data,
    DictValue,
    External,
    Instance,
    Kind,
    Library,
    ListValue,
    Member,
    ModuleValue,
    Stream,
    TupleValue,
    Value,
    Wrapped,
)

DATASET = Entry("dataset")


def subscript(m: Machine, base: Value, index: Value, node: ir.Subscript, scope: Scope) -> Value:
    if isinstance(base, Choice):
        return choice([subscript(m, option, index, node, scope) for option in base.options])
    if isinstance(base, TupleValue | ListValue):
        return _of_sequence(m, base, index, node)
    if isinstance(base, DictValue):
        return _of_dict(m, base, index, node, scope)
    if isinstance(base, Library):
        return _of_library(m, base, index, node, scope)
    if isinstance(base, Instance):
        return _of_instance(m, base, index, node, scope)
    if isinstance(base, Wrapped):
        return subscript(m, base.inner, index, node, scope)
    if isinstance(base, Data):
        return _of_data(m, base, index, node, scope)
    if isinstance(base, Stream):
        return base.element
    if isinstance(base, External | ModuleValue) and _key(index) is not None:
        return get_attribute(m, base, str(_key(index)), node, scope)
    if isinstance(base, External):
        return Data(Kind.UNKNOWN, name=base.dotted.rpartition(".")[2])
    return Data()


def _of_sequence(m: Machine, base: TupleValue | ListValue, index: Value, node: ir.Subscript) -> Value:
    items = base.elements if isinstance(base, TupleValue) else base.items
    rest = None if isinstance(base, TupleValue) else base.rest
    if isinstance(index, Constant) and isinstance(index.value, int):
        position = index.value
        if rest is None and -len(items) <= position < len(items):
            return items[position]
        if rest is not None and 0 <= position < len(items):
            return items[position]
    if isinstance(index, Data) and index.origin == "slice":
        kept = items if rest is not None else _within_bounds(m, items, index, node)
        part = ListValue(kept, rest, base.place if isinstance(base, ListValue) else None)
        parted(m, base, index, part, m.words(node.index))
        return part
    everything = [*items, *((rest,) if rest is not None else ())]
    return choice(everything) if everything else Data()


def _within_bounds(m: Machine, items: tuple[Value, ...], index: Value, node: ir.Subscript) -> tuple[Value, ...]:
    """The elements that a slice takes, where its bounds are constants; else all that it may take."""
    bounds = m.shared.get(("slice", id(index)))
    if bounds is None or not isinstance(node.index, ir.Slice) or node.index.step is not None:
        return items
    first, end = bounds
    return tuple(item for position, item in enumerate(items) if first <= position < end)


def _of_dict(m: Machine, base: DictValue, index: Value, node: ir.Subscript, scope: Scope) -> Value:
    if isinstance(index, Constant):
        value = base.entries.get(index.value)
        if isinstance(value, Constant) and isinstance(index.value, str) and not isinstance(value, Member):
            # A dict of settings: a person may write another one.
            return Constant(value.value, optional=True)
        if value is not None:
            return value
        rest = base.entries.get(DictValue.REST)
        if rest is not None:
            return rest
        factory = m.shared.get(("factory", id(base)))
        if factory is not None:
            m.store.set(base.entries, index.value, m.call(m, factory, Arguments(), node, scope))
            return base.entries[index.value]
        return Data(name=index.value if isinstance(index.value, str) else None)
    values = list(base.entries.values())
    return choice(values) if values else Data(name=index.name if isinstance(index, Data) else None)


def _of_library(m: Machine, base: Library, index: Value, node: ir.Subscript, scope: Scope) -> Value:
    if base.role == "param_groups":
        return Library("<param_group>", Entry("param_group"), base.arguments, base.place)
    if base.role == "container":
        return _of_container(base, index)
    if base.role == "state" and _key(index) == "param_groups":
        return Library("<param_groups>", Entry("param_groups"), base.arguments, base.place)
    if base.role in ("parameters", "modules", "state"):
        return Library("<element>", Entry("element"), base.arguments, base.place)
    if base.role == "dataset_loader":
        return _split_of_dict(m, base, index, node, scope)
    if base.source is not None or base.role in ("dataset", "subset", "concat"):
        return part_of(m, base, index, node, scope)
    if base.role == "namespace" and isinstance(index, Constant) and isinstance(index.value, str):
        from_options: Value | None = base.state.get("options", {}).get(index.value)
        return from_options or Data(name=index.value, origin="option")
    number = restored(index) if base.role == "checkpoint" else None
    return number or Data(Kind.UNKNOWN, tokens_of(base))


def _of_container(base: Library, index: Value) -> Value:
    children = base.arguments.get("*")
    named: Value | None = base.state.get("attributes", {}).get(_key(index))
    if named is not None:
        return named
    if isinstance(children, TupleValue) and isinstance(index, Constant) and isinstance(index.value, int):
        if -len(children.elements) <= index.value < len(children.elements):
            return children.elements[index.value]
    if isinstance(index, Data) and index.origin == "slice":
        return base
    if isinstance(children, TupleValue) and children.elements:
        return choice(list(children.elements))
    return unknown_network(base.place)


def _split_of_dict(m: Machine, base: Library, index: Value, node: ir.Subscript, scope: Scope) -> Value:
    """``load_dataset(...)["validation"]``."""
    key = index.value if isinstance(index, Constant) else None
    cache: dict[object, Library] = base.state.setdefault("splits", {})
    if key not in cache:
        split = split_of_name(key) if isinstance(key, str) else None
        made = Library(base.dotted, DATASET, base.arguments, m.place(node, scope))
        made.source = Source(f"{base.short}[{key!r}]", made.place, split or "unknown", certain=split is not None)
        made.source.maker = made
        made.state["key"] = (id(base), key)
        cache[key] = made
    return cache[key]


def part_of(m: Machine, base: Library | Instance, index: Value, node: ir.Subscript, scope: Scope) -> Value:
    """One sample of a dataset, or a part of it by slice, list or mask."""
    if isinstance(index, Constant) and isinstance(index.value, int):
        if isinstance(base, Library) and base.role != "loader":
            # A graph data set holds one sample that is the whole of it.
            return batch_of(m, base)
        return batch_of(m, base)
    if isinstance(index, Constant) and isinstance(index.value, str):
        return of_data(m, batch_of(m, base), index.value, node, scope)
    if isinstance(index, Data) and (index.origin == "slice" or sources_of(index)):
        parents = [source_of(base), *sources_of(index)]
        made = Library("<part>", DATASET, {"dataset": base}, m.place(node, scope))
        split = next((source.split for source in sources_of(index) if source.split != "unknown"), "unknown")
        made.source = derived(parents[:1], str(base.name or "part"), made.place, "slice", split)
        made.source.maker = made
        made.state["bounds"] = m.shared.get(("slice", id(index)))
        parted(m, base, index, made, m.words(node.index))
        sliced(m, base, index, made, m.words(node.index), m.place(node, scope))
        return made
    return batch_of(m, base)


def _of_instance(m: Machine, base: Instance, index: Value, node: ir.Subscript, scope: Scope) -> Value:
    if "dataset" in base.kinds:
        return part_of(m, base, index, node, scope)
    if isinstance(index, Constant) and isinstance(index.value, str) and index.value in base.attributes:
        return base.attributes[index.value]
    return element_of(m, base, None, node, scope) if base.source is not None else Data(name=_key(index))


def _key(index: Value) -> str | None:
    return index.value if isinstance(index, Constant) and isinstance(index.value, str) else None


def _rows(m: Machine, index: Value, node: ir.Subscript) -> tuple[Value, str]:
    """What picks the samples, and how it is written: ``:n`` of ``x[:n, 1:]``."""
    if isinstance(index, TupleValue) and index.elements and isinstance(node.index, ir.Sequence):
        text = m.words(node.index.elements[0])
        if text.strip(":"):
            return index.elements[0], text
    return index, m.words(node.index)


def _of_data(m: Machine, base: Data, index: Value, node: ir.Subscript, scope: Scope) -> Value:
    if base.promoted is not None:
        return subscript(m, base.promoted, index, node, scope)
    key = _key(index)
    if key is not None:
        if key in LOSS_NAMES and base.tokens:
            return of_data(m, base, key, node, scope)
        return field(m, base, key, node, scope)
    mask = [] if sizes.is_own_mask(base, index) else sources_of(index)
    if mask and any(source.split != "unknown" for source in mask):
        # `out[data.test_mask]`: what is left is the masked part's.
        kept = frozenset(token for token in base.tokens if not isinstance(token, Source))
        result = reshaped(base)
        result.tokens = union(kept, tokens_of(index))
        return moved(result)
    if isinstance(index, Data) and index.origin == "slice" and holds(base.tokens, GatheredToken):
        m.emit(Trimmed(m.place(node, scope), base.tokens))
    result = moved(reshaped(base))
    if base.origin == "shape":
        is_first = isinstance(index, Constant) and index.value == 0
        result.reduction = "size" if is_first and base.reduction == "shape" else None
    else:
        averages.read(m, base, index, result)
    if base.name is not None and not base.tokens and split_of_name(base.name) is None:
        result.name = None
    if base.kind is Kind.UNKNOWN and not base.tokens:
        as_sources(m, base)
        result.tokens = base.tokens
    result.tokens = union(result.tokens, through(index))
    rows, text = _rows(m, index, node)
    sizes.sliced(base, rows, result)
    parted(m, base, rows, result, text)
    sliced(m, base, rows, result, text, m.place(node, scope))
    return one_of(m, base, result) if _is_counted(index) else result


def _is_counted(index: Value) -> bool:
    """Whether an index is the number that a loop counts."""
    return isinstance(index, Data) and index.kind is Kind.NUMBER and holds(index.tokens, IndexToken)
