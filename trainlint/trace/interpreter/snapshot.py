"""What the networks and optimizers of a run are made of, taken before the run is undone."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any

from trainlint.knowledge import lookup
from trainlint.trace.anatomy import UNKNOWN, Anatomy, Content, Group, bare, joined
from trainlint.trace.events import (
    AttributeSet,
    Backward,
    Clip,
    Escaped,
    Event,
    Forward,
    Frozen,
    GradientRead,
    Initialised,
    Loaded,
    Made,
    ModeSwitch,
    OptimizerStep,
    ParametersWritten,
    ZeroGrad,
)
from trainlint.trace.interpreter.machine import Machine
from trainlint.trace.interpreter.networks import is_network, one_may_hold, parts
from trainlint.trace.merge import elements_of, options_of
from trainlint.trace.tokens import models
from trainlint.trace.values import (
    Choice,
    Data,
    DictValue,
    Graph,
    Instance,
    Kind,
    Library,
    ListValue,
    Stream,
    TupleValue,
    Value,
)


def anatomy(m: Machine, events: list[Event]) -> Anatomy:
    """The groups and contents of all that a run's events speak of."""
    found = Anatomy()
    for event in events:
        subjects = _SUBJECTS.get(type(event))
        for value in subjects(event) if subjects is not None else ():
            if value is not None:
                _add(m, found, value)
    for event in events:
        if type(event) is AttributeSet and isinstance(event.value, ListValue | DictValue | TupleValue):
            elements = list(_elements(event.value))
            loose = tuple(part for part in elements if _is_loose(m, part))
            # Where some of a list's layers are registered, the others went the same way.
            if loose and not any(is_network(part) and id(m.unwrapped(part)) in m.parents for part in elements):
                found.loose[id(event.value)] = loose
    return found


def _elements(value: Value, depth: int = 0) -> Iterator[Value]:
    """The networks in lists and dicts, and in those inside them."""
    elements = elements_of(value)
    if not elements and is_network(value):
        yield bare(value)
    for element in elements if depth < 3 else ():
        yield from _elements(element, depth + 1)


def _is_loose(m: Machine, part: Value) -> bool:
    return id(part) not in m.parents and any(_has_parameters(inner) for inner in parts(part))


def _has_parameters(part: Value) -> bool:
    if isinstance(part, Library):
        return part.entry.learns
    if not isinstance(part, Instance):
        return False
    bases = [lookup(dotted) for dotted in part.cls.external_bases()]
    if any(base is not None and base.learns for base in bases):
        return True
    own = part.attributes.values()
    return any(isinstance(value, Data) and value.kind is Kind.TENSOR and value.graph is Graph.ATTACHED for value in own)


def _may_have_parameters(held: list[Value]) -> bool | None:
    """Whether one of a network's parts has parameters: None where one is not known, or has something unknown."""
    if any(_has_parameters(part) for part in held):
        return True
    known = all(
        _transparent(part)
        and not (
            isinstance(part, Instance)
            and (part.cls.has_unknown_base() or any(map(_is_unknown, part.attributes.values())))
        )
        for part in held
    )
    return False if held and known else None


def _is_unknown(value: Value) -> bool:
    return isinstance(value, Data) and value.kind is Kind.UNKNOWN


def _differentiated(event: Backward) -> Iterable[Value | None]:
    return models(event.tokens)


def _made(event: Made) -> Iterable[Value | None]:
    return (event.thing,) if event.role == "optimizer" or is_network(event.thing) else ()


def _escaped(event: Escaped) -> Iterable[Value | None]:
    return (value for value in event.values if is_network(value) or _role(value) in ("optimizer", "parameters"))


def _loaded(event: Loaded) -> Iterable[Value | None]:
    return (option for option in options_of(event.into) if is_network(option))


def _set(event: AttributeSet) -> Iterable[Value | None]:
    return (event.value,) if isinstance(event.value, ListValue | DictValue | TupleValue) else ()


# The events that speak of networks, optimizers or parameters, and which.
_SUBJECTS: dict[type[Event], Callable[[Any], Iterable[Value | None]]] = {
    AttributeSet: _set,
    Backward: _differentiated,
    Clip: lambda event: (event.target,),
    Escaped: _escaped,
    Forward: lambda event: (event.model,),
    Frozen: lambda event: (event.of,),
    GradientRead: lambda event: (event.of,),
    Initialised: lambda event: (event.network,),
    Loaded: _loaded,
    Made: _made,
    ModeSwitch: lambda event: (event.model,),
    OptimizerStep: lambda event: (event.optimizer,),
    ParametersWritten: lambda event: (event.of,),
    ZeroGrad: lambda event: (event.target,),
}


def _role(value: Value) -> str:
    return value.role if isinstance(value, Library) else ""


def _add(m: Machine, found: Anatomy, value: Value) -> None:
    inner = bare(value)
    if id(inner) in found.groups:
        return
    found.kept.append(inner)
    found.groups[id(inner)] = group_of(inner)
    if is_network(inner):
        held = list(parts(inner))
        found.contents[id(inner)] = Content(
            one_may_hold(held, "dropout"), one_may_hold(held, "batch_norm"), _may_have_parameters(held)
        )


def group_of(value: Value | None, depth: int = 0) -> Group:
    """The networks and loose parameters in a value."""
    if value is None or depth > 6:
        return UNKNOWN
    value = bare(value)
    if isinstance(value, ListValue | TupleValue | DictValue | Choice | Stream):
        return _of_container(value, depth)
    if isinstance(value, Library) and value.role in ("optimizer", "param_group", "param_groups"):
        return group_of(value.arguments.get("params") or value.arguments.get("of"), depth + 1)
    if isinstance(value, Library) and "of" in value.arguments:
        return group_of(value.arguments["of"], depth + 1)
    if isinstance(value, Library) and "part_of" in value.state:
        return group_of(value.state["part_of"], depth + 1)
    if is_network(value):
        members = list(parts(value))
        return Group(frozenset(id(part) for part in members), any(not _transparent(part) for part in members))
    if isinstance(value, Data):
        return Group(frozenset((id(value),)), True)
    return UNKNOWN


def _transparent(part: Value) -> bool:
    """Whether all that is in a network is known: a ready-made or unknown one may hold, or be held by, anything."""
    if isinstance(part, Instance):
        return part.place is not None
    return isinstance(part, Library) and (part.role != "model" or (part.dotted != "?" and part.place is not None))


def _of_container(value: Value, depth: int) -> Group:
    elements = elements_of(value)
    if isinstance(value, DictValue) and "params" in value.entries:
        elements = (value.entries["params"],)
    elif isinstance(value, Stream):
        elements = (value.over if value.over is not None else value.element,)
    return joined(group_of(element, depth + 1) for element in elements) if elements else UNKNOWN
