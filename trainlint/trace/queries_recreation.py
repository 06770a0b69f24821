"""Optimizers and schedules that are made anew in each round of the training that they serve."""

from __future__ import annotations

from collections.abc import Iterator

from trainlint.findings import Place
from trainlint.trace.anatomy import bare
from trainlint.trace.events import Loaded, LoopKind, Made, SchedulerStep
from trainlint.trace.queries_schedules import cadence, plain, steered
from trainlint.trace.values import Data, Library, Value
from trainlint.trace.view import Training, sources


def recreated(training: Training) -> Iterator[Made]:
    """Where an optimizer of one and the same network, or else a schedule of one optimizer, is made in each round of the loop."""
    if training.loop.kind is LoopKind.FRAMEWORK or sources(training.loop.over):
        return
    made = [
        event for event in training.of(Made) if event.role in ("optimizer", "scheduler") and _always(event, training)
    ]
    if not made or _begins_anew(training):
        return
    optimizers = [pair for pair in _pairs(made, training, "optimizer") if _same_network(*pair, training)]
    if optimizers:
        yield from (first for first, _ in optimizers)
        return
    for first, second in _pairs(made, training, "scheduler"):
        held, again = steered(first.thing), steered(second.thing)
        if held and again and held[0] is again[0] and _steps_by_epoch(first.thing, training):
            yield first


def _always(event: Made, training: Training) -> bool:
    """Whether it happens in every round: under no condition that the updates don't share."""
    if event.offered or not isinstance(event.thing, Library) or event.place is None:
        return False
    shared = {(guard.place, guard.side) for step in training.steps for guard in step.guards}
    return not any(isinstance(guard.test, Data) and (guard.place, guard.side) not in shared for guard in event.guards)


def _pairs(made: list[Made], training: Training, role: str) -> Iterator[tuple[Made, Made]]:
    """What the first and the second round of the loop make at one place."""
    firsts: dict[Place, Made] = {}
    for event in made:
        if event.role != role:
            continue
        number = event.round_of(training.loop)
        if number == 0:
            firsts.setdefault(event.place, event)
        elif number == 1 and event.place in firsts:
            yield firsts.pop(event.place), event


def _begins_anew(training: Training) -> bool:
    """Whether a network is made, or its weights are set back, in the loop: each round is a training of its own."""
    networks = [event.thing for event in training.of(Made) if event.role in ("module", "model", "container")]
    held = {member for model in training.models for member in training.run.anatomy.group(model).members}
    if any(id(bare(network)) in held for network in networks):
        return True
    resets = (call.function for event in training.events for call in event.calls[training.loop.depth :])
    return bool(training.of(Loaded)) or any("reset" in name or name.startswith("init") for name in resets)


def _same_network(first: Made, second: Made, training: Training) -> bool:
    """Whether two optimizers hold the same trained network, and keep a state for it."""
    anatomy = training.run.anatomy
    mine, theirs = anatomy.group(first.thing), anatomy.group(second.thing)
    trained = {member for model in training.models for member in anatomy.group(model).members}
    return bool(mine.members & trained) and mine.members == theirs.members and _has_state(first.thing)


def _has_state(optimizer: Value) -> bool:
    """Plain gradient descent remembers nothing."""
    return not (
        isinstance(optimizer, Library) and optimizer.short == "SGD" and optimizer.constant("momentum") in (0, 0.0, None)
    )


def _steps_by_epoch(scheduler: Value, training: Training) -> bool:
    """Whether a schedule steps once a round: one that runs through within a round may well begin anew in the next."""
    steps = [step for step in training.run.of(SchedulerStep) if plain(step.scheduler) is scheduler]
    return bool(steps) and all(cadence(step, training) == "epoch" for step in steps)
