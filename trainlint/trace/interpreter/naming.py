"""What names tell of the values that they are given to: for what a piece of data is."""

from __future__ import annotations

from trainlint.findings import Place
from trainlint.knowledge.conventions import split_of_name
from trainlint.trace.events import Designated
from trainlint.trace.interpreter.machine import Machine
from trainlint.trace.interpreter.sizes import is_split_off
from trainlint.trace.interpreter.sources import derived, is_computed, name_source
from trainlint.trace.interpreter.tensors import reshaped
from trainlint.trace.merge import options_of, sources_of
from trainlint.trace.tokens import UNKNOWN_SPLIT, Source, union
from trainlint.trace.values import (
    Choice,
    Data,
    DictValue,
    Graph,
    Instance,
    Kind,
    Library,
    ListValue,
    TupleValue,
    Value,
    Wrapped,
)


def named(m: Machine, value: Value, name: str, place: Place | None) -> Value:
    """The value as known under a name, which tells its split where nothing else does."""
    if isinstance(value, Library | Instance):
        if value.name is None:
            value.name = name
        elif place is not None and value.source is not None and split_of_name(name) == "test":
            # `test_loader = val_loader`
            m.emit(Designated(place, "test", value))
        if value.source is not None:
            name_source(value.source, name)
        return value
    if isinstance(value, Data):
        return _named_data(value, name, place)
    if isinstance(value, Choice):
        for option in value.options:
            if isinstance(option, Library | Instance):
                named(m, option, name, place)
    if isinstance(value, TupleValue | ListValue | DictValue | Wrapped) and value.name is None:
        value.name = name
        if isinstance(value, ListValue):
            m.store.set(value.state, "items", _named_parts(value.items, name, place))
            if value.rest is not None:
                m.store.set(value.state, "rest", _named_sample(value.rest, name, place))
    if isinstance(value, TupleValue):
        parts = _named_parts(value.elements, name, place)
        if parts is not value.elements:
            value = TupleValue(parts)
            value.name = name
    return value


def dealt_out(parts: list[Value], names: list[str]) -> list[Value]:
    """What unknown code gives of several sets at once: each name takes that of its own split, and is new data where there is none
    (``train_loader, val_loader = loaders_of(train_set, val_set)``)."""
    splits = [split_of_name(name) for name in names]
    if "train" not in splits or len({split for split in splits if split is not None}) < 2:
        return parts
    return [
        _dealt(part, name, split) if split else part for part, name, split in zip(parts, names, splits, strict=True)
    ]


def _dealt(part: Value, name: str, split: str) -> Value:
    sources = sources_of(part)
    if not isinstance(part, Data) or not sources or is_computed(part):
        return part
    own = frozenset(source for source in sources if source.split == split)
    taken = own or frozenset((derived(list(sources), name, None, "named", split),))
    result = reshaped(part)
    result.tokens = frozenset(mark for mark in part.tokens if mark not in sources) | taken
    return result


def _named_parts(parts: tuple[Value, ...], name: str, place: Place | None) -> tuple[Value, ...]:
    """Tensors that are kept together under a name are what it says: ``self.valid = [inputs, targets]``."""
    split = split_of_name(name)
    if split not in ("validation", "test") or not any(map(_is_untold, parts)):
        return parts
    source = Source(name, place, split)
    return tuple(_told(part, source) if _is_untold(part) else part for part in parts)


def _is_untold(part: Value) -> bool:
    if not isinstance(part, Data) or part.kind is not Kind.TENSOR or is_computed(part) or sources_of(part):
        return False
    return part.name is None or split_of_name(part.name) is None


def _told(part: Value, source: Source) -> Data:
    assert isinstance(part, Data)
    result = reshaped(part)
    source.maker = source.maker or result
    result.tokens = union(part.tokens, frozenset((source,)))
    return result


def _named_sample(sample: Value, name: str, place: Place | None) -> Value:
    """What a list of samples holds: the list's name tells their split (``test_graphs = [graphs[i] for i in indices]``)."""
    if isinstance(sample, Data):
        return _named_data(sample, name, place)
    split = split_of_name(name)
    if split is None or not all(map(_is_record, options_of(sample))):
        return sample
    # A record of the project's own: of its fields only that counts from now on.
    source = Source(name, place, split)
    made = Data(Kind.UNKNOWN, frozenset((source,)), graph=Graph.DETACHED, name=name)
    source.maker = made
    return made


def _is_record(value: Value) -> bool:
    return isinstance(value, Instance) and value.kinds <= {"plain"} and value.source is None


def _named_data(value: Data, name: str, place: Place | None) -> Data:
    split = split_of_name(name)
    if value.name is None or (split is not None and split_of_name(value.name) is None):
        value.name = name
    if split is None or value.promoted is not None or is_computed(value):
        return value
    sources = sources_of(value)
    if not sources or not (all(source.split == UNKNOWN_SPLIT for source in sources) or is_split_off(value, sources)):
        return value
    # `x_test = x[800:]`: a part of unknown data, told by its name.
    part = derived(sources, name, place, "named", split)
    others = frozenset(mark for mark in value.tokens if mark not in sources)
    return Data(
        value.kind,
        others | {part},
        graph=value.graph,
        operations=value.operations,
        cut=value.cut,
        name=name,
        origin=value.origin,
    )
