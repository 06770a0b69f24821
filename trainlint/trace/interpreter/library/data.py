"""Datasets, loaders, samplers and splits made by libraries."""

from __future__ import annotations

from collections.abc import Callable

from trainlint.facts import ir
from trainlint.findings import Place
from trainlint.knowledge.conventions import split_of_name
from trainlint.knowledge.schema import Entry
from trainlint.trace.events import Made, SplitDrawn
from trainlint.trace.interpreter.learning import divided
from trainlint.trace.interpreter.library.splits import (
    FLAGS,
    SPLIT_WORDS,
    path_split,
    split_of_arguments,
    split_of_entry,
)
from trainlint.trace.interpreter.library.training import is_seeded
from trainlint.trace.interpreter.machine import Arguments, Machine
from trainlint.trace.interpreter.ordering import order_of
from trainlint.trace.interpreter.sources import as_sources, derived
from trainlint.trace.merge import sources_of, tokens_of
from trainlint.trace.scope import Scope
from trainlint.trace.tokens import UNKNOWN_SPLIT, Source
from trainlint.trace.values import Constant, Data, Graph, Instance, Kind, Library, ListValue, TupleValue, Value

UNKNOWN_DATASET = Entry("dataset")
PART = Entry("subset", ("dataset", "indices"), traits={"dataset": "dataset", "indices": "indices"})


def dataset(m: Machine, dotted: str, entry: Entry, given: Arguments, node: ir.Node, scope: Scope) -> Value:
    bound = given.bind(entry.params)
    several = bound.get("split") if entry.role == "dataset_loader" else None
    if isinstance(several, ListValue) and several.rest is None:
        # `load_dataset(name, split=["train", "test"])`: one data set each.
        others = {name: value for name, value in bound.items() if name != "split"}
        each = [Arguments([], {**others, "split": split}) for split in several.items]
        return ListValue(tuple(dataset(m, dotted, entry, one, node, scope) for one in each), None, None)
    made = Library(dotted, entry, bound, m.place(node, scope))
    parents = [source for value in given.all() for source in sources_of(value)]
    if entry.traits.get("tensors"):
        made.arguments["*"] = TupleValue(tuple(given.positional))
        parents = [source for value in given.positional for source in as_sources(m, value)]
        made.source = derived(parents, made.short, made.place, "same")
    else:
        split, certain = split_of_entry(entry, bound)
        label = _label(made, entry)
        made.source = Source(label, made.place, split or UNKNOWN_SPLIT, certain=certain, parents=tuple(parents))
        if split is None and parents:
            made.source = derived(parents, label, made.place, "same")
    made.source.maker = made
    m.emit(Made(m.place(node, scope), made, entry.role))
    return made


def looks_like_dataset(dotted: str, given: Arguments) -> bool:
    """A class that nobody described, but whose name or arguments (``train=True``) are those of a data set."""
    name = dotted.rpartition(".")[2]
    if not name[:1].isupper():
        return False
    return name.endswith(("Dataset", "DataSet")) or any(word in FLAGS or word in SPLIT_WORDS for word in given.keywords)


def unknown_dataset(m: Machine, dotted: str, given: Arguments, node: ir.Node, scope: Scope) -> Value:
    """A data set of an unknown class: flags, words and paths among its arguments tell its split."""
    made = Library(dotted, UNKNOWN_DATASET, given.keywords, m.place(node, scope))
    made.arguments["*"] = TupleValue(tuple(given.positional))
    split, certain = split_of_arguments(given.keywords, given)
    parents = [source for value in given.all() for source in sources_of(value)]
    flag = next((word for word in given.keywords if word in FLAGS or word in SPLIT_WORDS), None)
    value = given.keywords.get(flag) if flag else None
    label = f"{made.short}({flag}={value.value!r})" if isinstance(value, Constant) else made.short
    made.source = Source(label, made.place, split or UNKNOWN_SPLIT, certain=certain, parents=tuple(parents))
    made.source.maker = made
    m.emit(Made(m.place(node, scope), made, "dataset"))
    return made


def _label(made: Library, entry: Entry) -> str:
    """``CIFAR10(train=False)``: the constructor as the author would recognise it."""
    param = entry.traits.get("split_param")
    value = made.arguments.get(str(param)) if param else None
    if isinstance(value, Constant):
        return f"{made.short}({param}={value.value!r})"
    root = made.arguments.get(str(entry.traits.get("root")))
    if isinstance(root, Constant) and isinstance(root.value, str) and path_split(root):
        return f"{made.short}({root.value!r})"
    return made.short


def loader(m: Machine, dotted: str, entry: Entry, given: Arguments, node: ir.Node, scope: Scope) -> Value:
    bound = given.bind(entry.params)
    made = Library(dotted, entry, bound, m.place(node, scope))
    if given.open_keywords:
        made.arguments["**"] = Data()
    data = bound.get(str(entry.traits.get("dataset") or "dataset"))
    parents = as_sources(m, data) if data is not None else []
    sampler = bound.get(str(entry.traits.get("sampler") or "sampler"))
    split = _sampler_split(sampler)
    if split is not None:
        made.source = derived(parents, f"{made.short} over a sampler", made.place, "sampler", split)
    elif parents:
        made.source = derived(parents, parents[0].label, made.place, "same")
        if _draws_part(sampler):
            made.source = derived(parents, parents[0].label, made.place, "sampler")
    else:
        name = data.name if data is not None else None
        made.source = Source(
            name or made.short, made.place, split_of_name(name) or UNKNOWN_SPLIT if name else UNKNOWN_SPLIT
        )
    made.source.maker = made
    m.emit(Made(m.place(node, scope), made, "loader"))
    return made


def _draws_part(sampler: Value | None) -> bool:
    return isinstance(sampler, Library) and bool(sampler.trait("subset"))


def _sampler_split(sampler: Value | None) -> str | None:
    """A sampler over given indices makes a part of the data, told by its own name or that of the indices."""
    if not _draws_part(sampler):
        return None
    assert isinstance(sampler, Library)
    indices = sampler.arguments.get("indices")
    for name in (sampler.name, indices.name if indices is not None else None):
        split = split_of_name(name) if name else None
        if split is not None:
            return split
    for source in sources_of(indices):
        if source.split != UNKNOWN_SPLIT:
            return source.split
    return None


def subset(m: Machine, dotted: str, entry: Entry, given: Arguments, node: ir.Node, scope: Scope) -> Value:
    bound = given.bind(entry.params)
    made = Library(dotted, entry, bound, m.place(node, scope))
    data = bound.get(str(entry.traits.get("dataset") or "dataset"))
    indices = bound.get(str(entry.traits.get("indices") or "indices"))
    parents = as_sources(m, data) if data is not None else []
    split = entry.traits.get("split") or (split_of_name(indices.name) if indices is not None and indices.name else None)
    for source in sources_of(indices):
        split = split or (source.split if source.split != UNKNOWN_SPLIT else None)
    made.source = derived(
        parents, parents[0].label if parents else made.short, made.place, "subset", split or UNKNOWN_SPLIT
    )
    made.source.certain = "split" in entry.traits
    made.source.maker = made
    m.emit(Made(m.place(node, scope), made, "subset"))
    return made


def concat(m: Machine, dotted: str, entry: Entry, given: Arguments, node: ir.Node, scope: Scope) -> Value:
    bound = given.bind(entry.params)
    made = Library(dotted, entry, bound, m.place(node, scope))
    parents = [source for value in given.all() for source in tokens_of(value) if isinstance(source, Source)]
    splits = {parent.split for parent in parents} - {UNKNOWN_SPLIT}
    split = splits.pop() if len(splits) == 1 else "train" if "train" in splits else UNKNOWN_SPLIT
    made.source = derived(parents, made.short, made.place, "concat", split)
    made.source.maker = made
    return made


def sampler(m: Machine, dotted: str, entry: Entry, given: Arguments, node: ir.Node, scope: Scope) -> Value:
    made = Library(dotted, entry, given.bind(entry.params), m.place(node, scope))
    m.emit(Made(m.place(node, scope), made, "sampler"))
    return made


def random_split(m: Machine, dotted: str, entry: Entry, given: Arguments, node: ir.Node, scope: Scope) -> Value:
    """Parts drawn at random: known in number where the lengths or the parted arrays are."""
    bound = given.bind(entry.params)
    place = m.place(node, scope)
    name = str(entry.traits.get("data") or "dataset")
    data = given.positional if name == "*" else [bound[name]] if name in bound else []
    parents = [source for value in data for source in as_sources(m, value)]
    seed = bound.get(str(entry.traits.get("seed")))
    off = bound.get(str(entry.traits.get("shuffle")))
    shuffled = not (isinstance(off, Constant) and off.value is False)
    seeded = _is_seeded(m, seed)
    make = part_maker(parents, dotted, place, seeded=seeded is not False)
    parts: list[Value] = []
    if entry.traits.get("pairs"):
        sources = [derived(parents, dotted.rpartition(".")[2], place, "random_split") for _ in range(2)]
        for value in data:
            for source in sources:
                parts.append(_piece(value, source))
    else:
        lengths = bound.get("lengths")
        count = _count(lengths)
        if count is not None:
            parts = [make(data[0] if data else Data()) for _ in range(count)]
    divided(m, place, [*data], tuple(parts))
    if shuffled:
        order = next((spot for spot in (order_of(m, value) for value in data) if spot is not None), None)
        how, draws = dotted.rpartition(".")[2], "numpy" if dotted.startswith("sklearn.") else "torch"
        whole = data[0] if data else None
        m.emit(SplitDrawn(place, whole, tuple(parts), how, seeded, order is None, order, draws))
    if parts:
        return TupleValue(tuple(parts))
    undivided = Library("<parts>", Entry("split_parts"), {"dataset": data[0]} if data else {}, place)
    undivided.state["make"] = make
    return undivided


def _is_seeded(m: Machine, seed: Value | None) -> bool | None:
    if seed is None:
        return False
    if isinstance(seed, Constant):
        return seed.value is not None
    if isinstance(seed, Library) and seed.role == "generator":
        return is_seeded(seed)
    return None


def _count(lengths: Value | None) -> int | None:
    if isinstance(lengths, TupleValue):
        return len(lengths.elements)
    if isinstance(lengths, ListValue) and lengths.rest is None:
        return len(lengths.items)
    return None


def part_maker(parents: list[Source], dotted: str, place: Place, *, seeded: bool = False) -> Callable[[Value], Value]:
    """Makes one part of randomly divided data."""

    def make(base: Value) -> Value:
        part = Library("<part>", PART, {"dataset": base}, place)
        part.state["seeded"] = seeded
        part.source = derived(parents, dotted.rpartition(".")[2], place, "random_split")
        part.source.maker = part
        return part

    return make


def _piece(value: Value, source: Source) -> Value:
    if isinstance(value, Library | Instance):
        part = Library("<part>", PART, {"dataset": value}, source.place)
        part.source = source
        return part
    return Data(Kind.UNKNOWN, frozenset((source,)), graph=Graph.DETACHED)


def transform(m: Machine, dotted: str, entry: Entry, given: Arguments, node: ir.Node, scope: Scope) -> Value:
    bound = given.bind(entry.params)
    made = Library(dotted, entry, bound, m.place(node, scope))
    if entry.traits.get("compose"):
        made.arguments["*"] = TupleValue(tuple(given.positional))
    return made
