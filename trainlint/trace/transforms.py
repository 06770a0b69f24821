"""Transforms of data sets, and the random steps in them: augmentation."""

from __future__ import annotations

import re
from collections.abc import Iterator

import msgspec

from trainlint.facts import ir
from trainlint.findings import Place
from trainlint.trace.callables import names_in
from trainlint.trace.items import item_method, left_out
from trainlint.trace.merge import options_of
from trainlint.trace.values import (
    BoundMethod,
    Choice,
    Function,
    Instance,
    Library,
    ListValue,
    Partial,
    TupleValue,
    Value,
)

_NAMED = re.compile(r"transform|augment|(?:^|_)(?:aug|augs|tfm|tfms|tf|trans)(?:_|$)", re.I)
# What own code draws random numbers with.
_DRAWS = frozenset(
    "rand randn rand_like randn_like randint randrange random uniform normal gauss choice choices bernoulli".split()
)
# Points of a mesh, frames of a video: sampling that makes the input is no augmentation.
_SAMPLING = re.compile(r"sampl", re.I)


class RandomStep(msgspec.Struct, frozen=True):
    """A random transform: its name, and where it is made or written."""

    name: str
    place: Place


def attribute(value: Library | Instance, name: str) -> Value | None:
    """What the program set, else what it gave when it made the object."""
    if isinstance(value, Instance):
        return value.attributes.get(name)
    given: dict[str, Value] = value.state.get("attributes", {})
    return given.get(name) or value.arguments.get(name)


def transforms_of(dataset: Library | Instance) -> list[Value]:
    """The transforms that a data set itself applies."""
    if isinstance(dataset, Instance):
        held = {name: value for name, value in dataset.attributes.items() if is_transform(name, value)}
        unused = left_out(dataset) if held else set()
        return [value for name, value in held.items() if name not in unused]
    names = [dataset.parameter("transform"), "transform", "transforms"]
    found = [attribute(dataset, name) for name in dict.fromkeys(names)]
    return [transform for transform in found if transform is not None]


def is_transform(name: str, value: Value) -> bool:
    """Whether an attribute or argument holds a transform: by what it is, or a callable by its name."""
    for option in options_of(value):
        if isinstance(option, Library) and option.role == "transform":
            return True
        if isinstance(option, Instance) and "transform" in option.kinds:
            return True
        if isinstance(option, Function | BoundMethod | Instance | Partial) and _NAMED.search(name):
            return True
    return False


def random_steps(value: Value | None, depth: int = 0) -> Iterator[RandomStep]:
    """The random steps of a transform, in order; none of what is not known for sure."""
    if depth > 5 or value is None or isinstance(value, Choice):
        return
    if isinstance(value, ListValue | TupleValue):
        for item in value.items if isinstance(value, ListValue) else value.elements:
            yield from random_steps(item, depth + 1)
    elif isinstance(value, Instance):
        yield from _of_instance(value, depth)
    elif isinstance(value, BoundMethod | Partial):
        yield from random_steps(value.function, depth + 1)
    elif isinstance(value, Function):
        place = Place(value.closure.path, value.node.start, value.node.end)
        if _draws(value):
            yield RandomStep(value.name or "lambda", place)
    elif isinstance(value, Library) and value.role == "transform":
        if _is_random(value) and not value.trait("needed") and value.constant("p") != 0 and value.place is not None:
            yield RandomStep(value.short, value.place)
        elif value.trait("compose"):
            for argument in value.arguments.values():
                yield from random_steps(argument, depth + 1)


def _is_random(transform: Library) -> bool:
    """Whether a library's transform draws at random: always, or as a parameter of it says."""
    switch = transform.trait("random_param")
    return bool(transform.trait("random")) or (switch is not None and transform.constant(str(switch)) is True)


def _of_instance(value: Instance, depth: int) -> Iterator[RandomStep]:
    """A project's own transform: random in itself, or holding others."""
    called = next((cls.attributes["__call__"] for cls in value.cls.lineage() if "__call__" in cls.attributes), None)
    if isinstance(called, Function) and _draws(called) and value.place is not None:
        if not _SAMPLING.search(value.cls.name or ""):
            yield RandomStep(value.cls.name or "transform", value.place)
        return
    for name, held in value.attributes.items():
        if is_transform(name, held) or isinstance(held, ListValue):
            yield from random_steps(held, depth + 1)


def _draws(function: Function) -> bool:
    if _SAMPLING.search(function.name or ""):
        return False
    return bool(names_in(function.node.body) & _DRAWS)


def _gives_both(dataset: Library | Instance) -> bool:
    """Whether a data set gives each sample with and without augmentation: which of them is evaluated is not told."""
    if not isinstance(dataset, Instance):
        return False
    method = item_method(dataset)
    body = method.node.body if method is not None else []
    last = body[-1] if isinstance(body, list) and body else None
    given = last.value if isinstance(last, ir.Return) else None
    if not isinstance(given, ir.Sequence) or len(given.elements) < 3:
        return False
    random = [any(True for _ in random_steps(transform)) for transform in transforms_of(dataset)]
    return any(random) and not all(random)


def augmentation(dataset: Library | Instance) -> RandomStep | None:
    """The first random step among the transforms of a data set."""
    if _gives_both(dataset):
        return None
    return next((step for transform in transforms_of(dataset) for step in random_steps(transform)), None)
