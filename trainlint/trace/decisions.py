"""What a program decides by a loss or metric: which weights are kept, when to stop, how the rate is lowered, what is best."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Literal

import msgspec

from trainlint.findings import Place
from trainlint.trace.events import (
    Assigned,
    Decided,
    Escaped,
    Event,
    Guard,
    Loop,
    LossComputed,
    Measured,
    OptimizerStep,
    Saved,
    SchedulerStep,
    Stopped,
)
from trainlint.trace.merge import tokens_of
from trainlint.trace.tokens import LossToken, MeasureToken, Source, Tokens, holds, sources
from trainlint.trace.values import Data, Value

What = Literal["checkpoint", "stop", "rate", "best"]

# The events of which decisions are made, and by which they are judged.
DECIDING = (Assigned, Decided, Escaped, LossComputed, Measured, OptimizerStep, Saved, SchedulerStep, Stopped)

# Functions that are told a number and decide by it, wherever their code is.
_DECIDING_CALL = re.compile(r"early|stop|patience|__call__")
_UNKNOWN_DECIDER = re.compile(r"early_?stop|earlystop|stopper|(?:^|[._])best|stopping")
# What a best value, a waiting counter or a verdict is called.
_REMEMBERED = re.compile(
    r"best|highest|lowest|minimum|maximum|(?:^|[._])(?:max|min)(?:_|$)|patience|wait|count|stop|improve", re.I
)


class Decision(msgspec.Struct, frozen=True):
    """One choice that a measured number makes: ``what`` it settles, where, and what the number was computed from."""

    what: What
    place: Place
    tokens: Tokens
    text: str
    event: Event

    @property
    def splits(self) -> frozenset[str]:
        return frozenset(source.split for source in sources(self.tokens))

    @property
    def by_test_data(self) -> bool:
        """Whether it is test data, and no validation data, that decides."""
        return "test" in self.splits and "validation" not in self.splits

    def source(self, split: str) -> Source | None:
        """The data of a split that the number was measured on."""
        found = [source for source in sources(self.tokens) if source.split == split]
        return min(found, key=lambda source: source.label, default=None)


def decisions(events: Iterable[Event], *, offered: bool = False) -> list[Decision]:
    """The decisions among the events, in order, on the program's default path (with ``offered`` on all paths). A best value
    that goes into another decision (``is_best = acc > best; best = max(acc, best)``) is a part of it."""
    events = list(events)
    measuring = _measuring_loops(events)
    updating = {frame.loop for event in events if isinstance(event, OptimizerStep) for frame in event.frames}
    found = [
        decision
        for event in events
        if offered or not event.offered
        for decision in _of_event(event, measuring, updating)
    ]
    unique: dict[Place, Decision] = {}
    for decision in found:
        known = unique.get(decision.place)
        if known is None or _weight(decision) > _weight(known):
            unique[decision.place] = decision
    strong = [d for d in unique.values() if not isinstance(d.event, Decided) or d.what != "best"]
    settled = {source for decision in strong for source in sources(decision.tokens)}
    return [d for d in unique.values() if d in strong or settled.isdisjoint(sources(d.tokens))]


def _weight(decision: Decision) -> int:
    return ("best", "rate", "stop", "checkpoint").index(decision.what)


def _is_measured(tokens: Tokens) -> bool:
    return holds(tokens, (LossToken, MeasureToken)) and holds(tokens, Source)


def _measuring_loops(events: list[Event]) -> set[Loop]:
    """Loops over data in which something is measured: what is decided inside is about a batch."""
    return {
        event.frames[-1].loop
        for event in events
        if isinstance(event, LossComputed | Measured) and event.frames and holds(event.frames[-1].loop.over, Source)
    }


def _of_event(event: Event, measuring: set[Loop], updating: set[Loop]) -> Iterator[Decision]:
    if isinstance(event, SchedulerStep):
        tokens = tokens_of(event.metric)
        if _is_measured(tokens):
            yield Decision("rate", event.place, tokens, "", event)
    elif isinstance(event, Decided) and _is_measured(event.tokens):
        if not (event.frames and event.frames[-1].loop in measuring):
            kind: What = "stop" if "stop" in event.how else "checkpoint" if event.how == "best model" else "best"
            yield Decision(kind, event.place, event.tokens, "", event)
    elif isinstance(event, Escaped) and _UNKNOWN_DECIDER.search(event.callee):
        tokens = _told(event.values)
        if _is_measured(tokens):
            yield Decision("stop" if "stop" in event.callee else "best", event.place, tokens, event.callee, event)
    elif isinstance(event, Escaped) and "save" in event.callee:
        # `save_checkpoint(state, is_best)` from elsewhere.
        for value in event.values:
            place = _compared(value)
            if place is not None and _is_measured(tokens_of(value)):
                yield Decision("checkpoint", place, tokens_of(value), "", event)
    what = _consequence(event, updating)
    if what is not None:
        for guard in event.guards:
            if (
                guard.kind in ("if", "while")
                and _is_measured(guard.tokens)
                and not _is_per_batch(event, guard, measuring)
            ):
                at, text = _decided_at(event, guard)
                yield Decision(what, at, guard.tokens, text, event)


def _told(values: tuple[Value, ...]) -> Tokens:
    return frozenset(token for value in values if isinstance(value, Data) for token in value.tokens)


def _consequence(event: Event, updating: set[Loop]) -> What | None:
    """What an event settles where it happens under a condition."""
    if isinstance(event, Saved) and (event.how == "copy" or event.holds & {"model", "state", "unknown", "optimizer"}):
        return "checkpoint"
    if isinstance(event, Stopped) and _ends_training(event, updating):
        return "stop"
    if isinstance(event, Assigned) and _REMEMBERED.search(event.target):
        return "best"
    return None


def _ends_training(event: Stopped, updating: set[Loop]) -> bool:
    """Whether a loop that updates parameters is left; leaving a loop that decodes or searches stops no training."""
    if event.how == "break":
        return bool(event.frames) and event.frames[-1].loop in updating
    if event.how == "return":
        return any(frame.loop in updating and frame.loop.depth == len(event.calls) for frame in event.frames)
    return event.how == "exit" and any(frame.loop in updating for frame in event.frames)


def _is_per_batch(event: Event, guard: Guard, measuring: set[Loop]) -> bool:
    """Whether a condition stands inside a loop over measured batches."""
    return any(frame.loop in measuring for frame in event.frames[: guard.loops])


def _decided_at(event: Event, guard: Guard) -> tuple[Place, str]:
    """The comparison that decides, with its text, or the call that is told the number where the comparing is its business (early
    stopping)."""
    call = event.calls[guard.calls - 1] if guard.calls else None
    if call is not None and _DECIDING_CALL.search(call.function):
        return call.place, ""
    return _compared(guard.test) or guard.place, guard.text


def _compared(value: object) -> Place | None:
    """Where a truth value was made by comparing."""
    if isinstance(value, Data) and value.operations and value.operations[-1].name == "comparison":
        return value.operations[-1].place
    return None
