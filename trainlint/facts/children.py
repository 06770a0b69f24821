"""The nodes right below a node, without looking at the fields that hold none."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from operator import attrgetter
from typing import Any, TypeAlias

from trainlint.facts import ir

Children: TypeAlias = Callable[[Any], Iterable[Any]]

# The types of fields that hold no node.
_PLAIN = frozenset({"bool", "bytes", "float", "int", "str", "None", "list[int]", "list[str]"})


class _ChildrenOf(dict[type, Children]):
    def __missing__(self, kind: type) -> Children:
        """Found out once for each class, from the types of its fields."""
        fields = node_fields(kind) if issubclass(kind, ir.Node) else []
        made = self[kind] = _getter(fields)
        return made


def node_fields(kind: type[ir.Node]) -> list[str]:
    """The names of the fields that may hold nodes."""
    types = {name: str(type_) for base in kind.__mro__ for name, type_ in getattr(base, "__annotations__", {}).items()}
    return [name for name in kind.__struct_fields__ if not set(types[name].split(" | ")) <= _PLAIN]


def _getter(fields: list[str]) -> Children:
    if not fields:
        return _none
    get = attrgetter(*fields)
    return get if len(fields) > 1 else lambda node: (get(node),)


def _none(node: object) -> tuple[()]:
    return ()


CHILDREN = _ChildrenOf()
"""What gives the values of a node's fields that may be nodes, lists of nodes or None, by the node's class; nothing for
other objects."""
