"""Which network holds which, what is in them, and which parameters an optimizer has, as it stood at a run's end.

Attributes of networks change while a program is walked, and are undone after it: what rules ask about them is kept here.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

import msgspec

from trainlint.trace.merge import elements_of
from trainlint.trace.tokens import Tokens, models
from trainlint.trace.values import Choice, Data, DictValue, Instance, Library, ListValue, TupleValue, Value, Wrapped


class Group(msgspec.Struct, frozen=True):
    """Networks and loose parameters, by identity. ``open`` tells that others may belong to it that are not known."""

    members: frozenset[int]
    open: bool

    def meets(self, other: Group) -> bool | None:
        """Whether two groups have parameters in common: None where that cannot be told."""
        if self.members & other.members:
            return True
        return None if self.open or other.open else False


UNKNOWN = Group(frozenset(), True)


class Content(msgspec.Struct, frozen=True):
    """Whether a network holds dropout, batch norm, or any parameters: None where unknown."""

    dropout: bool | None = None
    batch_norm: bool | None = None
    parameters: bool | None = None


@dataclass(slots=True)
class Anatomy:
    """The groups of networks, optimizers and parameter lists that a run's events speak of, and the content of its networks.

    ``loose`` are the networks with parameters in a list, tuple or dict that are not registered as part of any module.
    """

    groups: dict[int, Group] = field(default_factory=dict)
    contents: dict[int, Content] = field(default_factory=dict)
    loose: dict[int, tuple[Value, ...]] = field(default_factory=dict)
    kept: list[Value] = field(default_factory=list)

    def group(self, value: Value | None) -> Group:
        """The parameters of a network, an optimizer, or what is given as parameters."""
        return UNKNOWN if value is None else self.groups.get(id(bare(value)), UNKNOWN)

    def of_tokens(self, tokens: Tokens) -> Group:
        """The parameters of the networks that a value went through."""
        groups = [self.group(model) for model in models(tokens)]
        return joined(groups) if groups else UNKNOWN

    def content(self, network: Value) -> Content:
        return self.contents.get(id(bare(network)), Content())

    def switched_by_mode(self, network: Value) -> bool:
        """Whether train and eval mode may differ for a network: unless it is known to hold neither dropout nor batch norm."""
        content = self.content(network)
        return not (content.dropout is False and content.batch_norm is False)

    def within(self, network: Value, other: Value) -> bool:
        """Whether a network is another one, or lies in it."""
        return id(bare(network)) in self.group(other).members


def is_optimizer(value: Value) -> bool:
    """Whether a value is an optimizer, which holds the networks whose parameters it was given, but is none."""
    found = bare(value)
    if isinstance(found, Instance):
        return "optimizer" in found.kinds
    return isinstance(found, Library) and found.role == "optimizer"


def bare(value: Value) -> Value:
    """A network out of its wrappers, an unknown value as what it was used as."""
    while isinstance(value, Wrapped):
        value = value.inner
    return plain(value)


def plain(value: Value) -> Value:
    """The object that an unknown value is used as."""
    return value.promoted if isinstance(value, Data) and value.promoted is not None else value


def parts(value: Value | None, depth: int = 0) -> Iterator[Value]:
    """An object, or the objects in a container or choice."""
    if value is None or depth > 4:
        return
    if not isinstance(value, TupleValue | ListValue | DictValue | Choice):
        yield plain(value)
    for part in elements_of(value):
        yield from parts(part, depth + 1)


def joined(groups: Iterable[Group]) -> Group:
    parts = list(groups)
    return Group(frozenset().union(*(part.members for part in parts)), any(part.open for part in parts))
