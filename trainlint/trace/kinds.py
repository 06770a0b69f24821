"""Events by kind: each list is made once, however many rules ask for it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar, cast

from trainlint.trace.events import Event

EventType = TypeVar("EventType", bound=Event)


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
            found = self._found[kind] = self._collected((kind,))
        return cast("Sequence[EventType]", found)

    def among(self, *kinds: type[Event]) -> Sequence[Event]:
        """The events of several kinds, in order."""
        found = self._mixed.get(kinds)
        if found is None:
            found = self._mixed[kinds] = self._collected(kinds)
        return found

    def _collected(self, kinds: tuple[type[Event], ...]) -> list[Event]:
        classes = [cls for cls in self._by_class if issubclass(cls, kinds)]
        if len(classes) < 2:
            return self._by_class[classes[0]] if classes else []
        wanted = frozenset(classes)
        return [event for event in self._events if type(event) in wanted]
