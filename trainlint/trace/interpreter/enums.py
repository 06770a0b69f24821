"""Enumerations: each member is itself alone, so that conditions on it are decided (``if phase is Phase.VAL``)."""

from __future__ import annotations

from trainlint.trace.values import Class, Constant, Function, Member, Value

# With these beside it, a member equals what it holds: `class Phase(str, Enum)`.
_EQUAL_TO_CONTENT = frozenset({"enum.StrEnum", "enum.IntEnum", "builtins.str", "builtins.int"})


def make_members(cls: Class) -> None:
    """Turn what an enumeration's body assigns into its members; other classes stay as they are."""
    bases = set(cls.external_bases())
    if not any(base.startswith("enum.") for base in bases):
        return
    equal = not bases.isdisjoint(_EQUAL_TO_CONTENT)
    for name, held in cls.attributes.items():
        if not isinstance(held, Function | Class) and not name.startswith("_"):
            cls.attributes[name] = _member(cls, name, held, equal=equal)


def _member(cls: Class, name: str, held: Value, *, equal: bool) -> Member:
    if equal and isinstance(held, Constant):
        return Member(held.value, name, held)
    if equal:
        # `auto()` gives a StrEnum's member its name in lower case.
        return Member(name.lower(), name, held)
    return Member(f"{cls.name}.{name}", name, held)
