"""The mutable state of the interpreted program, as transactions: a branch can be walked, undone, and merged with the other."""

from __future__ import annotations

from typing import Any

from trainlint.trace.merge import join
from trainlint.trace.values import Value

MISSING: Any = object()


class Delta:
    """What a branch changed: (mapping, key, new value) by the identity of mapping and key."""

    __slots__ = ("changes",)

    def __init__(self, changes: dict[tuple[int, Any], tuple[dict[Any, Any], Any, Any]]) -> None:
        self.changes = changes


class Store:
    """Writes dictionaries, and remembers within a transaction what stood there before."""

    def __init__(self) -> None:
        self._logs: list[dict[tuple[int, Any], tuple[dict[Any, Any], Any, Any]]] = []

    def set(self, mapping: dict[Any, Any], key: Any, value: Any) -> None:
        if self._logs:
            log = self._logs[-1]
            spot = (id(mapping), key)
            if spot not in log:
                log[spot] = (mapping, key, mapping.get(key, MISSING))
        mapping[key] = value

    def remove(self, mapping: dict[Any, Any], key: Any) -> None:
        if key in mapping:
            self.set(mapping, key, mapping[key])
            del mapping[key]

    def begin(self) -> None:
        self._logs.append({})

    def rollback(self) -> Delta:
        """Undo the changes since `begin`, and give what they were."""
        log = self._logs.pop()
        changes = {}
        for spot, (mapping, key, old) in log.items():
            changes[spot] = (mapping, key, mapping.get(key, MISSING))
            if old is MISSING:
                mapping.pop(key, None)
            else:
                mapping[key] = old
        return Delta(changes)

    def reset(self) -> None:
        """Undo everything since the first `begin`."""
        while self._logs:
            self.rollback()

    def apply(self, delta: Delta) -> None:
        """Make the changes of a branch that is certainly taken."""
        for mapping, key, new in delta.changes.values():
            if new is MISSING:
                self.remove(mapping, key)
            else:
                self.set(mapping, key, new)

    def merge(self, *deltas: Delta) -> None:
        """Make the changes of branches of which exactly one was taken; one that left a key alone left today's value."""
        spots: dict[tuple[int, Any], tuple[dict[Any, Any], Any]] = {}
        for delta in deltas:
            for spot, (mapping, key, _) in delta.changes.items():
                spots[spot] = (mapping, key)
        for spot, (mapping, key) in spots.items():
            base = mapping.get(key, MISSING)
            values = [delta.changes[spot][2] if spot in delta.changes else base for delta in deltas]
            known = [value for value in values if value is not MISSING]
            if not known:
                self.remove(mapping, key)
                continue
            merged = known[0]
            for value in known[1:]:
                merged = _join_any(merged, value)
            self.set(mapping, key, merged)


def _join_any(left: Any, right: Any) -> Any:
    """Joins values, and the tuples of values and plain state that containers and the machine keep."""
    if left is right:
        return left
    if isinstance(left, Value) and isinstance(right, Value):
        return join(left, right)
    if isinstance(left, frozenset) and isinstance(right, frozenset):
        return left | right
    if type(left) is tuple and type(right) is tuple:
        if all(isinstance(item, Value) for item in (*left, *right)):
            return _join_items(left, right)
        return left if left == right else max(left, right, key=_weight)
    if left is None or right is None:
        return right if left is None else left
    if isinstance(left, bool) and isinstance(right, bool):
        # Gradients on or off, depending on the path.
        return None
    return left if left == right else right


def _weight(item: tuple[Any, ...]) -> Any:
    # Mode stamps are (sequence number, mode): the later switch is what a rule has to reckon with.
    return item[0] if item and isinstance(item[0], int) else len(item)


def _join_items(left: tuple[Value, ...], right: tuple[Value, ...]) -> tuple[Value, ...]:
    """Lists of different length: the longer one, its common part joined."""
    short, long = sorted((left, right), key=len)
    return tuple(join(a, b) for a, b in zip(short, long, strict=False)) + long[len(short) :]
