"""The same nodes further down in the text."""

from __future__ import annotations

from typing import Any, TypeAlias

import msgspec

from trainlint.facts import ir
from trainlint.facts.children import node_fields

_POSITIONS = frozenset({"start", "end", "name_start", "body_end"})

_Plan: TypeAlias = "tuple[list[int], list[int]]"


class _PlanOf(dict[type, _Plan]):
    def __missing__(self, kind: type[ir.Node]) -> _Plan:
        """Which of a node's fields are positions, and which may hold nodes: found out once for each class."""
        fields = kind.__struct_fields__
        positions = [index for index, name in enumerate(fields) if name in _POSITIONS]
        nodes = [fields.index(name) for name in node_fields(kind)]
        made = self[kind] = (positions, nodes)
        return made


_PLANS = _PlanOf()


def moved(node: Any, by: int) -> Any:
    """A node with all that it holds, so many characters further down."""
    positions, nodes = _PLANS[type(node)]
    values = list(msgspec.structs.astuple(node))
    for index in positions:
        values[index] += by
    for index in nodes:
        value = values[index]
        if isinstance(value, list):
            values[index] = [moved(item, by) for item in value]
        elif value is not None:
            values[index] = moved(value, by)
    return type(node)(*values)
