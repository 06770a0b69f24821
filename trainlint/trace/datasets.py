"""What data sets, loaders and splits are made of: the data behind a loader, the part of it that is taken, and its transforms.

Attributes change while a program is walked, and are undone after it: this is asked while a run's values still stand. Rules
ask the `Survey` (`trainlint.trace.survey`) that was made then.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from trainlint.trace.callables import names_in
from trainlint.trace.items import item_method
from trainlint.trace.merge import options_of
from trainlint.trace.tokens import Source
from trainlint.trace.transforms import attribute, is_transform
from trainlint.trace.values import ABSENT, Choice, Constant, Data, Function, Instance, Library, ListValue, Value

DATASETS = frozenset({"dataset", "dataset_loader", "subset", "concat", "split_parts"})
# Calls by which a data set draws its own samples, whatever index it is asked for.
DRAWING = frozenset({"choice", "choices", "sample", "randint", "randrange", "randperm", "permutation", "shuffle"})


def is_dataset(value: Value) -> bool:
    if isinstance(value, Library):
        return value.role in DATASETS
    return isinstance(value, Instance) and bool(value.kinds & {"dataset", "iterable_dataset"})


def gives_samples(value: Value) -> bool:
    """Whether what a loader was given is a data set, also one of a class that says so by its methods alone."""
    if is_dataset(value):
        return True
    return isinstance(value, Instance) and not value.kinds and not value.cls.has_unknown_base() and _is_map_style(value)


def _is_map_style(value: Instance) -> bool:
    defined = {name for cls in value.cls.lineage() for name in cls.attributes}
    return {"__getitem__", "__len__"} <= defined


def chain(value: Value | None) -> list[Library | Instance]:
    """A loader or data set, and all the data sets that it takes its samples from, nearest first."""
    found: list[Library | Instance] = []
    queue = list(options_of(value))
    while queue and len(found) < 24:
        current = queue.pop(0)
        if isinstance(current, Choice):
            queue.extend(current.options)
        elif isinstance(current, Library | Instance) and not any(current is seen for seen in found):
            found.append(current)
            queue.extend(_below(current))
    return found


def _below(value: Library | Instance) -> Iterator[Value]:
    if isinstance(value, Instance):
        yield from (held for held in value.attributes.values() if is_dataset(held))
        return
    if value.role == "concat":
        for held in value.arguments.values():
            yield from held.items if isinstance(held, ListValue) else [held]
        return
    inner = attribute(value, value.parameter("dataset"))
    if inner is not None:
        yield from options_of(inner)


def bases(value: Value | None) -> list[Library | Instance]:
    """The data sets at the bottom: those that read the data themselves."""
    return [link for link in chain(value) if gives_samples(link) and not any(True for _ in _below(link))]


def makers(sources: Iterable[Source]) -> list[Library | Instance]:
    """The objects that yield some data."""
    found = [source.maker for source in sources]
    return [maker for maker in found if isinstance(maker, Library | Instance)]


def loaders(sources: Iterable[Source]) -> list[Library]:
    """The loaders that yield some data."""
    return [maker for maker in makers(sources) if isinstance(maker, Library) and maker.role == "loader"]


def restriction(value: Library | Instance) -> Value | None:
    """What picks the part of the data that a loader, subset or slice yields: a sampler, indices, or a part of a random split."""
    if isinstance(value, Instance):
        return None
    if value.role == "loader":
        for name in (value.parameter("sampler"), value.parameter("batch_sampler")):
            sampler = value.arguments.get(name)
            for option in options_of(sampler):
                if isinstance(option, Library) and option.trait("subset"):
                    return option.arguments.get("indices") or option
                if isinstance(option, Instance) or (isinstance(option, Data) and name in value.arguments):
                    return option
        return value.arguments.get(str(value.trait("mask"))) if value.trait("mask") else None
    if value.role == "subset":
        return attribute(value, "indices") or value
    return value if value.dotted == "<part>" else None


def identity(value: Library | Instance) -> tuple[object, ...] | None:
    """What tells whether two data sets read the same data: class, split and folder. None where that is not known."""
    if isinstance(value, Instance):
        return _identity_of_instance(value)
    if value.role != "dataset" or value.trait("synthetic") or value.trait("tensors") or value.dotted.startswith("<"):
        return None
    ignored = {"download", "transform", "target_transform", "transforms", str(value.trait("transform"))}
    given = {name: argument for name, argument in value.arguments.items() if name not in ignored}
    constants = _constants(value.dotted, given)
    # `load_dataset(name)["validation"]`: the key tells the part.
    return (*constants, value.state.get("key")) if constants is not None else None


def _identity_of_instance(value: Instance) -> tuple[object, ...] | None:
    """The class and what it was given, without transforms; set attributes may tell two instances apart as well."""
    given = {name: argument for name, argument in value.arguments.items() if not _is_transforming(name, argument)}
    if "**" in given or not value.cls.attributes.get("__getitem__"):
        return None
    constants = _constants(str(id(value.cls.node)), given) if given else (id(value.cls.node),)
    if constants is None:
        return None
    held = sorted((name, repr(h.value)) for name, h in value.attributes.items() if isinstance(h, Constant))
    return (*constants, *held)


def _is_transforming(name: str, value: Value) -> bool:
    return "transform" in name or "aug" in name or isinstance(value, Function) or is_transform(name, value)


def _constants(name: str, given: dict[str, Value]) -> tuple[object, ...] | None:
    """The constant arguments, one of which must be a text that can name a folder or file."""
    if not all(isinstance(argument, Constant) for argument in given.values()):
        return None
    constants = {key: argument.value for key, argument in given.items() if isinstance(argument, Constant)}
    if not any(isinstance(constant, str) and constant for constant in constants.values()):
        return None
    return (name, *sorted((key, repr(constant)) for key, constant in constants.items()))


# Order


def in_given_order(loader: Library) -> bool:
    """Whether a loader goes over a map-style data set of known kind in the order of its indices, in batches."""
    shuffle = loader.constant(loader.parameter("shuffle"))
    if "**" in loader.arguments or shuffle is ABSENT or shuffle:
        return False
    training = loader.trait("train_param")
    if shuffle is None and training and loader.constant(str(training)) is not False:
        # It shuffles where it trains.
        return False
    for name in ("sampler", "batch_sampler", "batch_sampler_fn"):
        given = loader.arguments.get(loader.parameter(name))
        if given is not None and not (isinstance(given, Constant) and given.value is None):
            return False
    size = loader.arguments.get(loader.parameter("batch_size"))
    if isinstance(size, Data) and size.origin == "length":
        return False
    links = bases(loader)
    return bool(links) and all(_has_order(link) for link in links)


def _has_order(dataset: Library | Instance) -> bool:
    """Whether indices pick samples: not so in streams, and where samples are drawn at random anyway."""
    if isinstance(dataset, Library):
        if dataset.dotted.startswith("<") and not dataset.arguments:
            return False
        # `load_dataset(..., split="train")` gives one data set, which is no stream unless it is asked for.
        one = dataset.role == "dataset_loader" and isinstance(dataset.constant("split"), str)
        if one and "streaming" in dataset.arguments and dataset.constant("streaming") is not False:
            return False
        return (one or dataset.role in ("dataset", "subset", "concat")) and not (
            dataset.trait("iterable") or dataset.trait("synthetic") or dataset.trait("augments")
        )
    if re.search(r"random|dummy|fake|synthetic", dataset.cls.name or "", re.I):
        return False
    if "iterable_dataset" in dataset.kinds or dataset.cls.has_unknown_base():
        return False
    method = item_method(dataset)
    if method is None or len(method.node.params) < 2:
        return False
    names = names_in(method.node.body)
    return method.node.params[1].name in names and not names & DRAWING
