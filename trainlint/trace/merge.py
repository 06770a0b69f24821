"""What a value holds (provenance, parts, alternatives), and what is known of it where paths of the program meet."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TypeVar

from trainlint.findings import Place
from trainlint.trace.tokens import NONE, Source, Tokens, models, sources, union
from trainlint.trace.values import (
    Choice,
    Class,
    Constant,
    Data,
    DictValue,
    Function,
    Graph,
    Instance,
    Kind,
    Library,
    ListValue,
    Stream,
    TupleValue,
    Value,
    Wrapped,
)

Thing = TypeVar("Thing", bound=Value)


def tokens_of(value: Value | None, depth: int = 0) -> Tokens:
    """All provenance in a value, also inside containers."""
    if isinstance(value, Data):
        return value.tokens
    if value is None or isinstance(value, Constant) or depth > 3:
        return NONE
    if isinstance(value, TupleValue):
        return union(*(tokens_of(element, depth + 1) for element in value.elements))
    if isinstance(value, ListValue):
        return union(*(tokens_of(element, depth + 1) for element in value.items), tokens_of(value.rest, depth + 1))
    if isinstance(value, DictValue):
        return union(*(tokens_of(element, depth + 1) for element in value.entries.values()))
    if isinstance(value, Choice):
        return union(*(tokens_of(option, depth + 1) for option in value.options))
    if isinstance(value, Library | Instance):
        own: Tokens = frozenset((value.source,)) if value.source is not None else NONE
        if isinstance(value, Instance):
            return union(own, value.tokens)
        held = value.state.get("tokens", NONE)
        return union(own, held)
    if isinstance(value, Stream):
        return union(tokens_of(value.element, depth + 1), tokens_of(value.over, depth + 1))
    return NONE


def sources_of(value: Value | None) -> list[Source]:
    """The data sources that a value comes from, in an order that is the same in each run."""
    found = sources(tokens_of(value))
    return sorted(found, key=_order) if len(found) > 1 else found


def _order(source: Source) -> tuple[str, bool, Place | None]:
    return source.label, source.place is not None, source.place


def models_of(value: Value | None) -> list[Value]:
    """The networks that a value went through."""
    return models(tokens_of(value))


def same(left: Value, right: Value) -> bool:
    if left is right:
        return True
    if isinstance(left, Constant) and isinstance(right, Constant):
        return type(left.value) is type(right.value) and left.value == right.value
    if isinstance(left, Wrapped) and isinstance(right, Wrapped):
        return left.inner is right.inner and left.kind == right.kind
    if isinstance(left, Function) and isinstance(right, Function):
        return left.node is right.node
    if isinstance(left, Class) and isinstance(right, Class):
        return left.node is right.node
    if isinstance(left, Data) and isinstance(right, Data) and left.promoted is None and right.promoted is None:
        return (
            left.kind is right.kind
            and left.tokens == right.tokens
            and left.graph is right.graph
            and left.operations == right.operations
            and left.reduction == right.reduction
            and left.origin == right.origin
            and left.dtype == right.dtype
        )
    return False


def join(left: Value, right: Value) -> Value:
    """What is known when a value is either of two."""
    if same(left, right):
        return left
    if isinstance(left, Data) and isinstance(right, Data) and left.promoted is None and right.promoted is None:
        return _join_data(left, right)
    if isinstance(left, TupleValue) and isinstance(right, TupleValue) and len(left.elements) == len(right.elements):
        return TupleValue(tuple(join(a, b) for a, b in zip(left.elements, right.elements, strict=True)))
    return choice([left, right])


def _join_data(left: Data, right: Data) -> Data:
    joined = Data(
        left.kind if left.kind is right.kind else Kind.UNKNOWN,
        union(left.tokens, right.tokens),
        graph=left.graph if left.graph is right.graph else Graph.UNKNOWN,
        operations=left.operations if left.operations == right.operations else (),
        cut=left.cut or right.cut,
        reduction=left.reduction if left.reduction == right.reduction else None,
        name=left.name or right.name,
        origin=left.origin if left.origin == right.origin else None,
        dtype=left.dtype if left.dtype == right.dtype else None,
    )
    return joined


def choice(values: list[Value]) -> Value:
    """One of several values: alternatives are flattened, those that agree are given once."""
    options: list[Value] = []
    for value in values:
        for option in value.options if isinstance(value, Choice) else (value,):
            for other in options:
                if same(option, other):
                    break
            else:
                options.append(option)
    if len(options) == 1:
        return options[0]
    if len(options) > Choice.LIMIT:
        return _too_many(options)
    return Choice(tuple(options))


def _too_many(options: list[Value]) -> Value:
    """Objects with a role are kept before plain data, since rules ask about them."""
    objects = [option for option in options if not isinstance(option, Data | Constant)]
    plain = [option for option in options if isinstance(option, Data | Constant)]
    blurred = Data(Kind.UNKNOWN, union(*(tokens_of(option) for option in plain)))
    kept = [*objects[-(Choice.LIMIT - 1) :], blurred] if plain else objects[-Choice.LIMIT :]
    return kept[0] if len(kept) == 1 else Choice(tuple(kept))


def distinct(values: Iterable[Thing]) -> list[Thing]:
    """Each value once, compared by identity, in order."""
    return list({id(value): value for value in values}.values())


def is_one_of_several(thing: Value | None, others: Iterable[Value | None]) -> bool:
    """Whether which class is made is told by a name from outside: `OPTIMIZERS[settings["optimizer"]](...)` makes any."""
    if not isinstance(thing, Library) or thing.place is None:
        return False
    made = [other for other in others if isinstance(other, Library) and other.place == thing.place]
    return any(other.dotted != thing.dotted for other in made)


def elements_of(value: Value) -> tuple[Value, ...]:
    """What a container holds, or a choice is between, the ``rest`` of a list among it; nothing for any other value."""
    if isinstance(value, TupleValue):
        return value.elements
    if isinstance(value, ListValue):
        return value.items if value.rest is None else (*value.items, value.rest)
    if isinstance(value, DictValue):
        return tuple(value.entries.values())
    return value.options if isinstance(value, Choice) else ()


def options_of(value: Value | None) -> tuple[Value, ...]:
    """The alternatives of a value: itself, unless it is a choice."""
    if value is None:
        return ()
    return value.options if isinstance(value, Choice) else (value,)
