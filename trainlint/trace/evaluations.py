"""Evaluations: measurements of a network's predictions on data from which it is not updated."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import TypeAlias

from trainlint.findings import Place
from trainlint.trace.events import Event, Forward, Loop, LossComputed, Measured
from trainlint.trace.places import place_in
from trainlint.trace.tokens import HELD_OUT, NONE, Source, Tokens, losses, models, sources

Measurement: TypeAlias = Forward | LossComputed | Measured
# The events of which evaluations are made.
MEASURING = (Forward, LossComputed, Measured)


@dataclass(eq=False)
class Evaluation:
    """A measurement of a network's predictions on data from which it is not updated.

    ``source`` is None where the data is not known. ``event`` is the first measurement, ``forward`` the forward pass before it.
    """

    event: Measurement
    source: Source | None
    forward: Forward | None
    events: list[Measurement] = field(default_factory=list)

    @property
    def split(self) -> str:
        return self.source.split if self.source is not None else "unknown"

    @property
    def is_of_unknown_data(self) -> bool:
        """Whether it is measured on data of which nothing tells what it is for."""
        return self.source is not None and self.source.split == "unknown"

    @property
    def loop(self) -> Loop | None:
        """The innermost loop around the measurement."""
        return self.event.frames[-1].loop if self.event.frames else None

    def place_in(self, loop: Loop) -> Place:
        """Where the evaluation stands in a loop: its call there, else its own loop there, else itself."""
        return place_in(self.event, loop)


def _measured(event: Measurement) -> Tokens:
    """What an event measures: a loss, a metric, or the loss that a network gives by itself."""
    if isinstance(event, LossComputed | Measured):
        return event.tokens
    return event.result if event.direct and losses(event.result) else NONE


def evaluations(events: Iterable[Event], training: set[Source]) -> list[Evaluation]:
    """Measurements on data that is not trained on, one for each source and place."""
    found: dict[tuple[int, Place], Evaluation] = {}
    last: Forward | None = None
    for event in events:
        if not isinstance(event, MEASURING):
            continue
        if isinstance(event, Forward) and event.direct:
            last = event
        tokens = _measured(event)
        if not tokens:
            continue
        data = sources(tokens)
        # A criterion over held-out data measures also where the network is written out by hand.
        by_hand = isinstance(event, LossComputed) and any(source.split in HELD_OUT for source in data)
        if not models(tokens) and not by_hand:
            continue
        held = [source for source in data if source.split in HELD_OUT]
        fresh = held or [source for source in data if source not in training and source.split != "train"]
        if any(source in training for source in data) and not held:
            continue
        if held and all(source in training for source in held):
            continue
        seen = last.tokens if last is not None else frozenset()
        # Validation data first, and what was passed through a network before what it is compared with.
        source = min(
            fresh, key=lambda source: (source.split != "validation", source not in seen, source.label), default=None
        )
        if source is None and (
            data or event.offered or last is None or (last.mode != "eval" and last.gradients is not False)
        ):
            continue
        key = (id(source), event.place)
        if key not in found:
            found[key] = Evaluation(event, source, last)
        found[key].events.append(event)
    return list(found.values())
