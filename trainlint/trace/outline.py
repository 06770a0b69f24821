"""What a reader wants to know at a glance: a training in a line, and what happens to the thing that a name stands for."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from trainlint.findings import Place
from trainlint.trace.evaluations import Evaluation
from trainlint.trace.events import (
    Event,
    Forward,
    Iterated,
    Made,
    ModeSwitch,
    OptimizerStep,
    Saved,
    SchedulerStep,
    ZeroGrad,
)
from trainlint.trace.merge import options_of
from trainlint.trace.tokens import Source
from trainlint.trace.values import Constant, Instance, Library, Value, Wrapped
from trainlint.trace.view import Run, Training

Where = Callable[[Place], str]
"""How a place is said: ``line 61``."""


def training_line(run: Run, training: Training) -> str:
    """``10 rounds · trains on trainset · evaluates testset (test data!) · saves in each round``."""
    rounds = training.loop.rounds
    parts = [
        f"{rounds} rounds" if rounds is not None else "",
        _data("trains on", training.sources),
        _evaluated(training.evaluations),
        _saves(run, training),
    ]
    return " · ".join(part for part in parts if part)


def _data(verb: str, found: Iterable[Source]) -> str:
    labels = sorted({source.label for source in found if source.label})
    return f"{verb} {', '.join(labels[:3])}" if labels else ""


def _evaluated(evaluations: Iterable[Evaluation]) -> str:
    found = {evaluation.source for evaluation in evaluations if evaluation.source is not None}
    words = {f"{source.label} (test data!)" if source.split == "test" else source.label for source in found}
    return f"evaluates {', '.join(sorted(words)[:3])}" if words else "evaluates nothing"


def _saves(run: Run, training: Training) -> str:
    saves = run.of(Saved)
    if not saves:
        return "saves: never"
    inside = any(training.loop in (frame.loop for frame in event.frames) for event in saves)
    return "saves in the loop" if inside else "saves after the loop"


def about(runs: Iterable[Run], path: str, name: str, where: Where) -> list[str]:
    """What the trace knows of the things that ``name`` stands for in a file, a line each."""
    lines: dict[str, None] = {}
    for run in runs:
        things: dict[int, Value] = {}
        for event in run.of(Made):
            if event.place.path == path and _is_named(event.thing, name):
                things.setdefault(id(event.thing), event.thing)
        for thing in things.values():
            lines.update(dict.fromkeys(_story(run, thing, name, where)))
    return list(lines)


def _is_named(thing: Value | None, name: str) -> bool:
    return isinstance(thing, Library | Instance | Wrapped) and thing.name == name


def _story(run: Run, thing: Value, name: str, where: Where) -> Iterator[str]:
    yield f"{name}: {_kind(thing)}"
    for verb, places in _deeds(run, thing).items():
        shown = ", ".join(dict.fromkeys(where(place) for place in places[:4]))
        yield f"{verb} at {shown}"
    if isinstance(thing, Library) and thing.role == "optimizer":
        if not any(_is(thing, event.optimizer) for event in run.of(OptimizerStep)):
            yield "steps: never seen"
        schedulers = [event.thing for event in run.of(Made) if event.role == "scheduler"]
        followed = [each for each in schedulers if isinstance(each, Library) and _drives(each, thing)]
        yield "schedule: " + (", ".join(sorted({each.short for each in followed})) or "none")


def _kind(thing: Value) -> str:
    if isinstance(thing, Instance):
        return thing.cls.name or "an object"
    if isinstance(thing, Wrapped):
        return thing.dotted.rpartition(".")[2]
    assert isinstance(thing, Library)
    known = [f"{key} {value.value!r}" for key, value in thing.arguments.items() if isinstance(value, Constant)]
    split = [f"{thing.source.split} data"] if thing.source is not None and thing.source.split != "unknown" else []
    return ", ".join([thing.short, *(item for item in known if not item.startswith("*")), *split])


def _deeds(run: Run, thing: Value) -> dict[str, list[Place]]:
    found: dict[str, list[Place]] = {}
    for event in run.events:
        verb = _deed(event, thing)
        if verb is not None and event.place not in found.setdefault(verb, []):
            found[verb].append(event.place)
    return found


def _deed(event: Event, thing: Value) -> str | None:
    if isinstance(event, OptimizerStep) and _is(thing, event.optimizer):
        return "steps"
    if isinstance(event, ZeroGrad) and _is(thing, event.target):
        return "zeroes its gradients"
    if isinstance(event, SchedulerStep) and _is(thing, event.scheduler):
        return "steps"
    if isinstance(event, ModeSwitch) and _is(thing, event.model):
        return f"goes to {event.mode} mode"
    if isinstance(event, Forward) and event.direct and _is(thing, event.model):
        return f"is applied in {event.mode} mode"
    if isinstance(event, Iterated) and any(source.maker is thing for source in event.sources):
        return "is gone over"
    return None


def _is(thing: Value, other: Value | None) -> bool:
    return other is not None and any(option is thing for option in options_of(other))


def _drives(scheduler: Library, optimizer: Library) -> bool:
    return any(_is(optimizer, value) for value in scheduler.arguments.values())
