"""Events by kind: each list is made once, however many rules ask for it."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from typing import TypeVar, cast

from trainlint.trace.events import Event

EventType = TypeVar("EventType", bound=Event)


def _is_leaf(kind: type[Event]) -> bool:
    """Whether no kind of event is a special case of this one, as of nearly all."""
    return not kind.__subclasses__()


class Kinds:
    """The events of a run or a training, sorted by kind. The lists that it gives are shared: nobody may change them."""

    __slots__ = ("_by_class", "_events", "_found", "_mixed")

    def __init__(self, events: Sequence[Event]) -> None:
        self._events = events
        self._by_class: dict[type[Event], list[Event]] = {}
        for event in events:
            self._by_class.setdefault(type(event), []).append(event)
        self._found: dict[type[Event], list[Event]] = {}
        self._mixed: dict[tuple[type[Event], ...], list[Event]] = {}

    def of(self, kind: type[EventType]) -> Sequence[EventType]:
        """The events of one kind, in order."""
        found = self._found.get(kind)
        if found is None:
            found = self._by_class.get(kind, []) if _is_leaf(kind) else self._collected((kind,))
            self._found[kind] = found
        return cast("Sequence[EventType]", found)

    def among(self, *kinds: type[Event]) -> Sequence[Event]:
        """The events of several kinds, in order."""
        found = self._mixed.get(kinds)
        if found is None:
            found = self._mixed[kinds] = self._collected(kinds)
        return found

    def _collected(self, kinds: tuple[type[Event], ...]) -> list[Event]:
        exact = all(map(_is_leaf, kinds))
        wanted = {
            cls for cls in (kinds if exact else self._by_class) if cls in self._by_class and issubclass(cls, kinds)
        }
        if len(wanted) < 2:
            return self._by_class[wanted.pop()] if wanted else []
        return [event for event in self._events if type(event) in wanted]


class Happenings:
    """Something that has events, and is asked for them by kind."""

    events: list[Event]

    @cached_property
    def _kinds(self) -> Kinds:
        return Kinds(self.events)

    def of(self, kind: type[EventType]) -> Sequence[EventType]:
        """The events of one kind, in order."""
        return self._kinds.of(kind)

    def among(self, *kinds: type[Event]) -> Sequence[Event]:
        """The events of several kinds, in order."""
        return self._kinds.among(*kinds)
