"""Which values are networks, and what is known of their layers."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from trainlint.findings import Place
from trainlint.knowledge import lookup
from trainlint.knowledge.conventions import has_batch_norm
from trainlint.knowledge.schema import Entry
from trainlint.trace.values import Choice, Constant, Data, Instance, Library, ListValue, TupleValue, Value, Wrapped

NETWORK_ROLES = frozenset({"module", "container", "model", "loss"})


def is_network(value: Value | None) -> bool:
    """Whether a value is an ``nn.Module``, as far as known."""
    if isinstance(value, Wrapped):
        return True
    if isinstance(value, Instance):
        return "module" in value.kinds
    if isinstance(value, Library):
        return value.role in NETWORK_ROLES
    if isinstance(value, Data):
        return value.promoted is not None and value.promoted.role in NETWORK_ROLES
    return isinstance(value, Choice) and any(is_network(option) for option in value.options)


def promote(value: Data, role: str, dotted: str = "?") -> Library:
    """Treat an unknown value as what the program uses it as."""
    if value.promoted is None:
        entry = lookup(dotted) if dotted != "?" else None
        made = Library(dotted, entry if entry is not None and entry.role == role else Entry(role), {}, None)
        made.name = value.name
        made.state["origin"] = value.origin
        value.promoted = made
    return value.promoted


def unknown_network(place: Place | None = None) -> Library:
    """A network of which nothing is known."""
    return Library("?", Entry("model"), {}, place)


def parts(value: Value, seen: set[int] | None = None) -> Iterator[Value]:
    """A network and all networks inside it, as far as known."""
    seen = set() if seen is None else seen
    while isinstance(value, Wrapped):
        value = value.inner
    if isinstance(value, Data) and value.promoted is not None:
        value = value.promoted
    if id(value) in seen:
        return
    seen.add(id(value))
    if isinstance(value, Choice):
        for option in value.options:
            yield from parts(option, seen)
        return
    if isinstance(value, ListValue | TupleValue):
        elements = value.elements if isinstance(value, TupleValue) else (*value.items, value.rest)
        for element in elements:
            if element is not None:
                yield from parts(element, seen)
        return
    if not is_network(value):
        return
    yield value
    if isinstance(value, Instance):
        for child in list(value.attributes.values()):
            yield from parts(child, seen)
    elif isinstance(value, Library):
        for child in [*value.arguments.values(), *value.state.get("attributes", {}).values()]:
            yield from parts(child, seen)


def may_hold(value: Value, trait: str) -> bool | None:
    """Whether a network holds a layer with a trait (``dropout``, ``batch_norm``): True, False, or None where unknown."""
    return one_may_hold(parts(value), trait)


def one_may_hold(networks: Iterable[Value], trait: str) -> bool | None:
    """Whether one of some networks, looked at without those inside it, has a trait: True, False, or None where unknown."""
    verdict: bool | None = False
    for part in networks:
        own = _own(part, trait)
        if own is True:
            return True
        if own is None:
            verdict = None
    return verdict


def _own(part: Value, trait: str) -> bool | None:
    if isinstance(part, Instance):
        if part.cls.has_unknown_base() or part.place is None:
            return None
        inherited = [_of_base(base, trait) for base in part.cls.external_bases()]
        return True if True in inherited else None if None in inherited else False
    if isinstance(part, Library):
        if part.role == "model":
            known = part.trait(trait)
            if known is None and trait == "batch_norm":
                named = part.arguments.get(str(part.trait("architecture")))
                known = has_batch_norm(named.value) if isinstance(named, Constant) else None
            return known if isinstance(known, bool) else None
        known = part.trait(trait)
        if known and trait == "dropout" and any(name in part.arguments for name in ("p", "dropout")):
            rate = part.constant("p" if "p" in part.arguments else "dropout")
            return not (isinstance(rate, int | float) and rate == 0)
        if isinstance(known, str):
            # The trait names the parameter that turns it on, as `dropout` of an LSTM.
            rate = part.constant(known)
            return bool(rate) if isinstance(rate, int | float) else None
        return bool(known)
    return None


def _of_base(dotted: str, trait: str) -> bool | None:
    """What a network inherits from a library's class: ``class Layer(nn.Linear)`` holds what a linear layer does."""
    entry = lookup(dotted)
    if entry is None:
        return None
    if entry.role in ("module", "container", "loss"):
        known = entry.traits.get(trait)
        return None if isinstance(known, str) else bool(known)
    return False if entry.role == "base" or entry.role not in NETWORK_ROLES else None
