"""What is in a value that is saved, returned or handed to unknown code."""

from __future__ import annotations

from collections.abc import Sequence

from trainlint.trace.interpreter.networks import is_network
from trainlint.trace.merge import elements_of
from trainlint.trace.values import (
    Choice,
    Constant,
    Data,
    DictValue,
    External,
    Instance,
    Library,
    ListValue,
    Stream,
    TupleValue,
    Value,
    Wrapped,
)


def holds(value: Value | None, depth: int = 0) -> frozenset[str]:
    """Roles in a value: ``model`` (whole), ``state`` (of a network), ``optimizer``, ``scheduler``, ``unknown``, ``data``."""
    if value is None or depth > 4:
        return frozenset()
    if isinstance(value, Library) and value.role == "loss":
        return frozenset({"data"})
    if isinstance(value, Library) and value.state.get("supposed"):
        return frozenset({"unknown"})
    if isinstance(value, TupleValue | ListValue | DictValue | Choice):
        return frozenset[str]().union(*(holds(element, depth + 1) for element in elements_of(value)))
    if isinstance(value, Wrapped) or is_network(value):
        return frozenset({"model"})
    if isinstance(value, Library):
        return _library(value)
    if isinstance(value, Data):
        if value.tokens or value.name is None:
            return frozenset({"data"}) if value.tokens else frozenset({"unknown"})
        return frozenset({"unknown"})
    if isinstance(value, Instance):
        return frozenset({"unknown"})
    if isinstance(value, Constant | External):
        return frozenset({"data"})
    return frozenset({"unknown"})


def _library(value: Library) -> frozenset[str]:
    if value.role == "state":
        owner = value.arguments.get("of")
        if isinstance(owner, Library) and owner.role in ("optimizer", "scheduler", "scaler"):
            return frozenset({owner.role})
        return frozenset({"state"})
    if value.role in ("optimizer", "scheduler", "scaler"):
        return frozenset({value.role})
    if value.role in ("checkpoint", "framework"):
        return frozenset({"unknown"})
    if value.role in ("element", "parameters", "parameter_data"):
        return frozenset({"state"})
    return frozenset({"data"})


def objects(value: Value, depth: int = 0) -> list[Value]:
    """The networks, optimizers, schedulers, loaders, ... in a value, also inside containers."""
    if isinstance(value, Wrapped | Library | Instance):
        return [value]
    if isinstance(value, Data):
        return [value.promoted] if value.promoted is not None else [value]
    found: list[Value] = []
    if depth < 3:
        for inner in _inner(value):
            found.extend(objects(inner, depth + 1))
    return found


def _inner(value: Value) -> Sequence[Value]:
    if isinstance(value, Stream) and isinstance(value.over, Library) and value.over.role == "parameters":
        # `model.named_parameters()`.
        return [value.over]
    return elements_of(value)
