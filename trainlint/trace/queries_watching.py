"""What keeps an eye on a training: monitors, hooks, checks for NaN, and checks of the network before it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from trainlint.knowledge.watching import SETTINGS
from trainlint.trace.anatomy import bare
from trainlint.trace.events import (
    Clip,
    Decided,
    Escaped,
    Event,
    FrameworkFit,
    Made,
    OptimizerStep,
    Stopped,
    Watched,
)
from trainlint.trace.merge import tokens_of
from trainlint.trace.purpose import PASSING
from trainlint.trace.queries_runs import Lacks, unanimous
from trainlint.trace.tokens import LossToken, MeasureToken, ModelToken, Source, holds
from trainlint.trace.values import Constant, Library, Value
from trainlint.trace.view import EVALUATING, Run, Training

if TYPE_CHECKING:
    from trainlint.trace.runs import Trace

# Unknown code that is handed the network for another purpose than to look into it.
_OTHER_PURPOSE = re.compile(r"save|load|ckpt|checkpoint|export|upload|push|ema|resume|optim|init", re.I)
# What conditions are called that end a training which doesn't improve: a NaN never does.
_STOPPING = re.compile(r"early|patience|stop|improv|diverg", re.I)
_BUILT_IN = {"hf_trainer": frozenset({"finite", "updates"}), "deepspeed": frozenset({"finite"})}


def once_a_run(trace: Trace, lacks: Lacks) -> Iterator[Training]:
    """The first training of each run that lacks something, where all runs that share its code do. Tests, benchmarks and what
    trains nothing that lasts have no say."""
    told: set[int] = set()
    for training in unanimous(trace, lambda t: None if _is_excused(t) else lacks(t), lambda training: training.place):
        if id(training.run) not in told:
            told.add(id(training.run))
            yield training


def _is_excused(training: Training) -> bool:
    by_option = all(backward.offered for backward in training.backwards)
    return by_option or not training.models or bool(training.exemptions & PASSING)


def is_watched(run: Run, aspect: str) -> bool:
    """Whether anything in a run watches an aspect (`trainlint.knowledge.watching`), also where an option asks for it."""
    return any(_watches(event, aspect) for event in run.among(Watched, FrameworkFit))


def _watches(event: Event, aspect: str) -> bool:
    if isinstance(event, Watched):
        return aspect in event.what and (aspect != "finite" or not _is_data(event.of))
    if isinstance(event, FrameworkFit) and isinstance(event.framework, Library):
        return aspect in _BUILT_IN.get(str(event.framework.trait("kind")), ()) or _turned_on(event.framework, aspect)
    return False


def _is_data(value: Value | None) -> bool:
    """Whether what is looked at is data alone, before any network has seen it."""
    tokens = tokens_of(value)
    computed = holds(tokens, (LossToken, MeasureToken, ModelToken))
    return not computed and holds(tokens, Source)


def _turned_on(trainer: Library, aspect: str) -> bool:
    """Whether a trainer is given an argument that watches; what is not known may well be."""
    for name, aspects in SETTINGS.items():
        value = trainer.arguments.get(name)
        if aspect in aspects and value is not None and not (isinstance(value, Constant) and not value.value):
            return True
    return False


def looked_into(training: Training) -> bool:
    """Whether unknown code is handed a trained network, what holds it, or parameters, and may look into it there."""
    networks = {id(bare(model)) for model in training.models}
    return any(
        not _OTHER_PURPOSE.search(event.callee)
        and not EVALUATING.search(event.callee)
        and any(_holds(value, networks) for value in event.values)
        for event in training.run.of(Escaped)
    )


def _holds(value: Value, networks: set[int]) -> bool:
    inner = bare(value)
    return id(inner) in networks or (isinstance(inner, Library) and inner.role == "parameters")


def _told_to_others(training: Training) -> bool:
    """Whether unknown code is handed the training's loss, and may check it there."""
    return any(
        isinstance(token, LossToken) and token in training.losses
        for event in training.of(Escaped)
        for value in event.values
        for token in tokens_of(value)
    )


def guards_against_infinity(training: Training) -> bool:
    """Whether a loss or gradient that is not finite would be noticed, or may be in unknown code."""
    run = training.run
    if is_watched(run, "finite") or _told_to_others(training) or _goes_back_elsewhere(training):
        return True
    return any(_halts(event, training) for event in run.among(Clip, OptimizerStep, Stopped, Decided, Made))


def _goes_back_elsewhere(training: Training) -> bool:
    """Whether gradients are computed by a framework's object that is made where the trace doesn't see how."""
    if not any(backward.via in ("accelerator", "framework") for backward in training.backwards):
        return False
    return not any(
        isinstance(event, FrameworkFit) or (isinstance(event, Made) and event.role == "framework")
        for event in training.run.among(FrameworkFit, Made)
    )


def _halts(event: Event, training: Training) -> bool:
    if isinstance(event, Clip):
        return event.strict
    if isinstance(event, OptimizerStep):
        return event.via in ("scaler", "combined")
    if isinstance(event, Stopped):
        return any(
            _STOPPING.search(guard.text) or any(token in training.losses for token in guard.tokens)
            for guard in event.guards
        )
    if isinstance(event, Decided):
        # A NaN never improves: sooner or later the run is stopped.
        return "stop" in event.how
    return isinstance(event, Made) and isinstance(event.thing, Library) and _skips(event.thing)


def _skips(thing: Library) -> bool:
    """Whether an object skips steps, or ends the run, when numbers are not finite."""
    if thing.role == "callback":
        return bool(thing.trait("kind") == "early_stopping")
    if thing.role == "scaler":
        return thing.constant("enabled") is not False
    # Half precision brings a scaler with it; bfloat16 needs none.
    precision = thing.arguments.get("precision") or thing.arguments.get("mixed_precision")
    if thing.role != "framework" or precision is None:
        return False
    if not isinstance(precision, Constant) or precision.optional:
        return True
    return "16" in str(precision.value) and "bf16" not in str(precision.value)
