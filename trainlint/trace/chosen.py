"""Trainings that only an option starts: `--train`, `--mode train`, where a program does something else by default.

Whoever trains with such a program sets that option: what it leads to is no offer then, but the run that is asked about.
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from trainlint.trace.events import Event, FrameworkFit, Guard, OptimizerStep


def choose(events: Sequence[Event]) -> None:
    """Take the options without which nothing is trained for set, in all events of a run that trains with them alone."""
    guards: list[tuple[Guard, ...]] = []
    for event in events:
        if (isinstance(event, OptimizerStep) and event.frames) or (
            isinstance(event, FrameworkFit) and event.how == "fit"
        ):
            offered = tuple(guard for guard in event.guards if guard.offered)
            if not offered:
                return
            guards.append(offered)
    if not guards:
        return
    fewest = min(map(len, guards))
    chosen = {(guard.visit, guard.side) for offered in guards if len(offered) == fewest for guard in offered}
    taken: dict[int, Guard] = {}
    for event in events:
        if event.offered:
            event.guards = tuple(_taken(guard, chosen, taken) for guard in event.guards)


def _taken(guard: Guard, chosen: set[tuple[int, bool]], taken: dict[int, Guard]) -> Guard:
    if not guard.offered or (guard.visit, guard.side) not in chosen:
        return guard
    if id(guard) not in taken:
        taken[id(guard)] = msgspec.structs.replace(guard, offered=False)
    return taken[id(guard)]
