"""Whether a training that goes wrong on validation data is stopped, or its best model kept."""

from __future__ import annotations

import re

from trainlint.trace.evaluations import Evaluation
from trainlint.trace.events import Assigned, Decided, Escaped, Event, FrameworkFit, Saved, Stopped
from trainlint.trace.merge import options_of, tokens_of
from trainlint.trace.tokens import LossToken, MeasureToken, Source, holds
from trainlint.trace.values import Constant, Data, Library, ListValue, Value
from trainlint.trace.view import Training

# What a condition is called that compares with the best number so far, where the number can't be followed.
_COMPARING = re.compile(r"best|improv|patience|early|stop|wait|lowest|highest|diverg|converg", re.I)

_DECIDING = (Assigned, Decided, Escaped, FrameworkFit, Saved, Stopped)


def validated(training: Training) -> Evaluation | None:
    """The first evaluation on validation data in the epoch loop, on the default path."""
    found = (evaluation for evaluation in training.evaluations if evaluation.split == "validation")
    return next((evaluation for evaluation in found if not evaluation.event.offered), None)


def ends_or_keeps_best(training: Training) -> bool:
    """Whether validation stops the training or keeps the best weights, also behind an option or in code that isn't known."""
    run = training.run
    if any(decision.what in ("checkpoint", "stop") for decision in run.possible_decisions):
        return True
    return any(_may_decide(event, training) for event in run.among(*_DECIDING))


def _may_decide(event: Event, training: Training) -> bool:
    if isinstance(event, Saved | Stopped):
        return any(_COMPARING.search(guard.text) for guard in event.guards)
    if isinstance(event, Decided):
        return event.how in ("best model", "early stopping")
    if isinstance(event, Assigned):
        words = (event.target, *(guard.text for guard in event.guards))
        return not isinstance(event.value, Data | Constant) and any(_COMPARING.search(word) for word in words)
    if isinstance(event, Escaped):
        return event.inside(training.loop) and any(_is_validation(value) for value in event.values)
    return isinstance(event, FrameworkFit) and isinstance(event.framework, Library) and _by_callback(event.framework)


def _is_validation(value: Value) -> bool:
    """Whether unknown code is told a number that was measured on validation data."""
    tokens = tokens_of(value)
    return holds(tokens, (LossToken, MeasureToken)) and any(
        isinstance(token, Source) and token.split == "validation" for token in tokens
    )


def _by_callback(trainer: Library) -> bool:
    """Whether a trainer has a callback that stops it, or one of which nothing is known, or settings that can't be read."""
    if trainer.trait("kind") == "hf_trainer":
        settings = next(iter(options_of(trainer.arguments.get("args"))), None)
        return not isinstance(settings, Library) or not isinstance(
            settings.constant("load_best_model_at_end"), bool | None
        )
    callbacks = trainer.arguments.get("callbacks")
    if "**" in trainer.arguments:
        return True
    if callbacks is None or (isinstance(callbacks, Constant) and callbacks.value is None):
        return False
    if isinstance(callbacks, Library):
        return _stops(callbacks)
    if not isinstance(callbacks, ListValue) or callbacks.rest is not None:
        return True
    return any(_stops(option) for item in callbacks.items for option in options_of(item))


def _stops(callback: Value) -> bool:
    if not isinstance(callback, Library) or callback.role != "callback":
        return True
    kind = callback.trait("kind")
    return kind == "early_stopping" or (kind == "checkpoint" and callback.constant("monitor") is not None)
