"""Where events stand, seen from a loop or a function around them."""

from __future__ import annotations

from collections.abc import Sequence

from trainlint.findings import Place
from trainlint.trace.events import Call, Event, Loop, LoopKind


def place_in(event: Event, loop: Loop) -> Place:
    """Where something that happens within a loop stands in it: the call made there, a loop there, or the event itself."""
    if len(event.calls) > loop.depth:
        return event.calls[loop.depth].place
    inner = [frame.loop for frame in event.frames if frame.loop.depth == loop.depth]
    if loop in inner:
        below = inner[inner.index(loop) + 1 :]
        for candidate in below:
            if not candidate.unrolled and candidate.kind is not LoopKind.COMPREHENSION:
                return candidate.place
    return event.place


def place_beside(event: Event, calls: Sequence[Call]) -> Place:
    """Where an event stands in the innermost function that some calls share with it: the call made there, or itself."""
    for depth, call in enumerate(event.calls):
        if depth >= len(calls) or call != calls[depth]:
            return call.place
    return event.place
