"""Data and its split: what a loader, dataset or unknown value yields, and what it is for."""

from __future__ import annotations

from trainlint.findings import Place
from trainlint.knowledge.conventions import split_of_name
from trainlint.trace.interpreter.machine import Machine
from trainlint.trace.merge import sources_of, tokens_of
from trainlint.trace.tokens import UNKNOWN_SPLIT, LossToken, MeasureToken, ModelToken, Source, holds, union
from trainlint.trace.values import Choice, Data, Graph, Instance, Kind, Library, Value

# The origin of what a batch is unpacked to.
ELEMENT = "element"
# The parts of data that somebody splits off anew.
SPLIT_OFF = frozenset({"random_split", "train_test_split"})
DATA_ROLES = frozenset({"loader", "dataset", "subset", "concat", "dataset_loader"})


def as_sources(m: Machine, value: Value) -> list[Source]:
    """The sources of a value that is used as data. An unknown value gets one, named after it."""
    found = sources_of(value)
    if found:
        return found
    if isinstance(value, Library) and value.role in DATA_ROLES:
        return [source_of(value)]
    if isinstance(value, Instance) and value.kinds & {"dataset", "iterable_dataset"}:
        return [source_of(value)]
    if isinstance(value, Data) and value.name is not None and _may_be_data(value) and not _computed(value):
        split = split_of_name(value.name)
        if split is None:
            return []
        source = Source(value.name, None, split)
        source.maker = value
        value.tokens = union(value.tokens, frozenset((source,)))
        return [source]
    if isinstance(value, Choice):
        return [source for option in value.options for source in as_sources(m, option)]
    return []


def _may_be_data(value: Data) -> bool:
    if value.kind is Kind.TENSOR:
        # `x_val = torch.randn(64, 4)`: made up, but held out all the same.
        return split_of_name(value.name or "") in ("validation", "test")
    return value.kind is Kind.UNKNOWN


def _computed(value: Data) -> bool:
    return holds(value.tokens, (LossToken, MeasureToken, ModelToken))


def source_of(value: Library | Instance) -> Source:
    """The source of an object that yields data, made when first asked for."""
    if value.source is None:
        name = value.name or (value.short if isinstance(value, Library) else str(value.cls.name))
        value.source = Source(name, value.place)
        value.source.maker = value
    return value.source


def batch_of(m: Machine, value: Library | Instance) -> Data:
    """One batch or sample."""
    source = source_of(value)
    return Data(Kind.UNKNOWN, frozenset((source,)), graph=Graph.DETACHED, name="batch")


def name_source(source: Source, name: str) -> None:
    """Where no constructor said what data is for, the first telling name decides."""
    split = split_of_name(name)
    if source.split == "test" and split == "validation" and _is_split_off(source):
        # A part split off as `test_set` and handed over as `val_loader`: who takes it says what it is for.
        source.split, source.label = split, name
        return
    if source.certain or source.split != UNKNOWN_SPLIT:
        return
    if split is not None:
        source.split = split
        source.label = name


def _is_split_off(source: Source) -> bool:
    return any(ancestor.part in SPLIT_OFF and not ancestor.certain for ancestor in source.ancestors())


def derived(parents: list[Source], label: str, place: Place | None, part: str, split: str = UNKNOWN_SPLIT) -> Source:
    """A source taken from others. Its split is theirs where they agree and the part does not say otherwise."""
    splits = {parent.split for parent in parents}
    if split == UNKNOWN_SPLIT and part == "same" and len(splits) == 1:
        split = splits.pop()
    certain = part == "same" and bool(parents) and all(parent.certain for parent in parents)
    return Source(label, place, split, certain=certain, parents=tuple(parents), part=part)


def is_computed(value: Value) -> bool:
    """Whether a value came out of a network, a loss or a metric: its name then says nothing of its data's split."""
    return holds(tokens_of(value), (LossToken, MeasureToken, ModelToken))
