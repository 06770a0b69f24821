"""Methods of data sets and loaders."""

from __future__ import annotations

from trainlint.facts import ir
from trainlint.trace.events import SplitDrawn
from trainlint.trace.interpreter.library.data import part_maker
from trainlint.trace.interpreter.library.unknown import unknown_call
from trainlint.trace.interpreter.machine import Arguments, Machine
from trainlint.trace.interpreter.ordering import permuted_token
from trainlint.trace.interpreter.sources import as_sources, batch_of, derived, source_of
from trainlint.trace.merge import tokens_of
from trainlint.trace.scope import Scope
from trainlint.trace.tokens import Source
from trainlint.trace.values import Data, DictValue, Instance, Kind, Library, Value

# Methods that give the same data again, changed sample by sample or in another form.
SAME = frozenset(
    "map filter with_format set_format rename_column remove_columns cast cast_column batch prefetch cache repeat"
    " with_transform set_transform to copy select_columns flatten sort to_device shard open seal"
    " rename_columns add_column class_encode_column flatten_indices align_labels_with_mapping".split()
)


def dataset_method(m: Machine, receiver: Value, name: str, given: Arguments, node: ir.Node, scope: Scope) -> Value:
    if not isinstance(receiver, Library | Instance):
        return Data()
    place = m.place(node, scope)
    if name in SAME or name.startswith("set_"):
        return receiver
    if name == "shuffle":
        return _shuffled(m, receiver, given, node, scope)
    if name in ("select", "take", "skip", "index_select", "get_subset", "subset"):
        indices = given.get(0)
        made = part_maker([source_of(receiver)], name, place)(receiver)
        if isinstance(made, Library) and made.source is not None:
            made.source.part = "slice"
            for source in as_sources(m, indices) if indices is not None else []:
                made.source.split = source.split
        return made
    if name in ("train_test_split", "random_split"):
        return _train_test(m, receiver, given, node, scope)
    if name in ("__getitem__", "get", "__iter__"):
        return batch_of(m, receiver)
    if name in ("get_idx_split",):
        return _idx_split(m, receiver, node, scope)
    if isinstance(receiver, Library) and receiver.role == "dataset":
        return Data(Kind.UNKNOWN, tokens_of(receiver), name=name)
    return unknown_call(m, name, given, node, scope, receiver=receiver)


def _shuffled(m: Machine, receiver: Library | Instance, given: Arguments, node: ir.Node, scope: Scope) -> Value:
    """A shuffled data set; slices of it are random parts."""
    source = source_of(receiver)
    entry = receiver.entry if isinstance(receiver, Library) else None
    if entry is None:
        return receiver
    assert isinstance(receiver, Library)
    made = Library(receiver.dotted, entry, receiver.arguments, receiver.place)
    made.state = dict(receiver.state)
    made.source = derived([source], source.label, receiver.place, "same", source.split)
    made.source.certain = source.certain
    made.source.maker = made
    seed = given.keywords.get("seed") or given.get(0)
    place = m.place(node, scope)
    made.state["tokens"] = permuted_token(m, receiver, place, "torch", seeded=seed is not None)
    m.kept.append(made)
    return made


def _train_test(m: Machine, receiver: Library | Instance, given: Arguments, node: ir.Node, scope: Scope) -> Value:
    """``dataset.train_test_split(...)``: a dict with train and test."""
    place = m.place(node, scope)
    make = part_maker([source_of(receiver)], "train_test_split", place)
    parts = {name: make(receiver) for name in ("train", "test")}
    for name, part in parts.items():
        if isinstance(part, Library) and part.source is not None:
            part.source.split = name
            # The library calls the other part `test`, whatever it is for: a name may tell that it is for validation.
            part.source.certain = name == "train"
    seed = given.keywords.get("seed") or given.keywords.get("generator")
    m.emit(SplitDrawn(place, receiver, tuple(parts.values()), "train_test_split", seed is not None, True))
    return DictValue(parts, place)


def _idx_split(m: Machine, receiver: Library | Instance, node: ir.Node, scope: Scope) -> Value:
    """OGB's fixed splits."""
    entries: dict[str, Value] = {}
    for key, split in (("train", "train"), ("valid", "validation"), ("test", "test")):
        source = Source(
            f"{key} indices", m.place(node, scope), split, certain=True, parents=(source_of(receiver),), part="field"
        )
        entries[key] = Data(Kind.UNKNOWN, frozenset((source,)), name=key)
    return DictValue(entries, m.place(node, scope))


def loader_method(m: Machine, receiver: Library, name: str, given: Arguments, node: ir.Node, scope: Scope) -> Value:
    if name in ("next", "__next__", "__iter__", "next_batch", "get_batch"):
        return batch_of(m, receiver)
    return Data(Kind.UNKNOWN)
