"""Optimizers and schedules that are made anew in each round of the training that they serve."""

from __future__ import annotations

from collections.abc import Iterator

from trainlint.findings import Place
from trainlint.trace.anatomy import bare, plain
from trainlint.trace.events import Event, Loaded, Loop, LoopKind, Made, SchedulerStep
from trainlint.trace.queries_cadence import cadence
from trainlint.trace.queries_schedules import has_state, steered
from trainlint.trace.tokens import sources
from trainlint.trace.values import Data, Library, Value
from trainlint.trace.view import Training


def recreated(training: Training) -> Iterator[Made]:
    """Where an optimizer of one and the same network, or else a schedule of one optimizer, is made in each round of the loop."""
    run = training.run
    if training.loop.kind is LoopKind.FRAMEWORK or not any(made.frames for made in run.of(Made) if _is_sought(made)):
        return
    for loop in _loops(training):
        events = training.events if loop is training.loop else [event for event in run.events if event.inside(loop)]
        yield from _recreated(events, loop, training)


def _is_sought(made: Made) -> bool:
    return made.role in ("optimizer", "scheduler") and isinstance(made.thing, Library) and not made.offered


def _loops(training: Training) -> Iterator[Loop]:
    """The epoch loop, and a loop around it that says that it counts epochs: the inner one then counts iterations."""
    if not sources(training.loop.over):
        yield training.loop
    step = next((step for step in training.steps if step.inside(training.loop)), None)
    for loop in step.loops if step is not None else ():
        if loop is training.loop:
            return
        if loop.kind is LoopKind.FOR and "epoch" in loop.label.lower() and not sources(loop.over):
            yield loop


def _recreated(events: list[Event], loop: Loop, training: Training) -> Iterator[Made]:
    made = [event for event in events if isinstance(event, Made) and _is_sought(event) and _always(event, training)]
    if not made or _begins_anew(events, loop, training):
        return
    optimizers = [pair for pair in _pairs(made, loop, "optimizer") if _same_network(*pair, training)]
    if optimizers:
        yield from (first for first, _ in optimizers)
        return
    for first, second in _pairs(made, loop, "scheduler"):
        held, again = steered(first.thing), steered(second.thing)
        if held and again and held[0] is again[0] and _steps_by_epoch(first.thing, training):
            yield first


def _always(event: Made, training: Training) -> bool:
    """Whether it happens in every round: under no condition that the updates don't share."""
    shared = {(guard.place, guard.side) for step in training.steps for guard in step.guards}
    return not any(isinstance(guard.test, Data) and (guard.place, guard.side) not in shared for guard in event.guards)


def _pairs(made: list[Made], loop: Loop, role: str) -> Iterator[tuple[Made, Made]]:
    """What the first and the second round of the loop make at one place."""
    firsts: dict[Place, Made] = {}
    for event in made:
        if event.role != role:
            continue
        number = event.round_of(loop)
        if number == 0:
            firsts.setdefault(event.place, event)
        elif number == 1 and event.place in firsts:
            yield firsts.pop(event.place), event


def _begins_anew(events: list[Event], loop: Loop, training: Training) -> bool:
    """Whether a network is made, or its weights are set back, in the loop: each round is a training of its own."""
    networks = [
        event.thing for event in events if isinstance(event, Made) and event.role in ("module", "model", "container")
    ]
    held = {member for model in training.models for member in training.run.anatomy.group(model).members}
    if any(id(bare(network)) in held for network in networks):
        return True
    resets = (call.function for event in events for call in event.calls[loop.depth :])
    return any(isinstance(event, Loaded) for event in events) or any(
        "reset" in name or name.startswith("init") for name in resets
    )


def _same_network(first: Made, second: Made, training: Training) -> bool:
    """Whether two optimizers hold the same trained network, and keep a state for it."""
    anatomy = training.run.anatomy
    mine, theirs = anatomy.group(first.thing), anatomy.group(second.thing)
    trained = {member for model in training.models for member in anatomy.group(model).members}
    return bool(mine.members & trained) and mine.members == theirs.members and has_state(first.thing)


def _steps_by_epoch(scheduler: Value, training: Training) -> bool:
    """Whether a schedule steps once a round: one that runs through within a round may well begin anew in the next."""
    steps = [step for step in training.run.of(SchedulerStep) if plain(step.scheduler) is scheduler]
    return bool(steps) and all(cadence(step, training) == "epoch" for step in steps)
