"""What is done before the training: seeds, the untrained loss, a few samples overfitted."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from trainlint.findings import Place
from trainlint.trace.callables import functions_of
from trainlint.trace.events import (
    Event,
    Forward,
    FrameworkFit,
    Iterated,
    LossComputed,
    Made,
    OptimizerStep,
    OptionDeclared,
    Seeded,
    SplitDrawn,
)
from trainlint.trace.purpose import OVERFIT_CHECK
from trainlint.trace.queries_networks import begins_untrained
from trainlint.trace.queries_watching import is_watched
from trainlint.trace.tokens import ModelToken, holds
from trainlint.trace.values import Graph, Library
from trainlint.trace.view import Run, Training

if TYPE_CHECKING:
    from trainlint.trace.runs import Trace

# Binary cross-entropy alone may as well compare an image with its reconstruction.
CLASSIFYING = frozenset({"cross_entropy", "nll", "bce_logits"})
_OVERFIT = re.compile(r"over_?fit", re.I)
_SEED = re.compile(r"(?:^|[^a-z])seed", re.I)
_DRAWING = frozenset({"module", "container", "model", "loader"})


# Seeds


def is_seeded(run: Run) -> bool:
    """Whether anything in a run sets a seed, or may: an option of that name is for whoever reads the options."""
    return any(_seeds(event) for event in run.among(Seeded, OptionDeclared, Made, FrameworkFit))


def _seeds(event: Event) -> bool:
    if isinstance(event, Seeded):
        return True
    if isinstance(event, OptionDeclared):
        return bool(_SEED.search(event.option))
    if isinstance(event, Made) and isinstance(event.thing, Library):
        return event.thing.role == "generator" or bool(event.thing.trait("fits"))
    # The Hugging Face Trainer sets one by itself.
    return isinstance(event, FrameworkFit) and _kind(event.framework) == "hf_trainer"


def _kind(value: object) -> str:
    return str(value.trait("kind")) if isinstance(value, Library) else ""


def first_draw(run: Run) -> Place | None:
    """Where a script first needs random numbers, as seen in its own file."""
    for event in run.among(SplitDrawn, Iterated, Forward, Made):
        draws = isinstance(event, SplitDrawn | Iterated | Forward)
        if draws or (isinstance(event, Made) and event.role in _DRAWING):
            place = event.calls[0].place if event.calls else event.place
            if place.path == run.path:
                return place
    return None


# The untrained loss


def untrained_loss_unchecked(training: Training) -> bool | None:
    """Whether a classifier begins untrained, and its loss is not looked at before the first update. None for what is no
    classifier, or is not known to begin untrained."""
    if not any(loss.kind in CLASSIFYING for loss in training.losses):
        return None
    if not all(begins_untrained(training, model) for model in training.models):
        return None
    run = training.run
    updates = (event.order for event in run.of(OptimizerStep))
    first = min(updates, default=0)
    return not is_watched(run, "initial_loss") and not any(
        event.order < first and _is_look(event, training) for event in run.of(LossComputed)
    )


def _is_look(event: LossComputed, training: Training) -> bool:
    """Whether a loss is computed to be looked at: in another place than the training's, or without gradients."""
    if event.prediction is not None and event.prediction.graph is Graph.DETACHED:
        return True
    through = holds(event.tokens, ModelToken)
    return through and event.place not in {loss.place for loss in training.losses}


def checks_initial_loss(trace: Trace) -> bool:
    """Whether any program of the project, its tests among them, compares an untrained loss with that of guessing."""
    return any(is_watched(run, "initial_loss") for run in trace.runs)


# A few samples


def checks_overfitting(trace: Trace) -> bool:
    """Whether anything in the project overfits a few samples on purpose: by the companion, by an option, by its name."""
    modules = trace.project.modules
    named = any(
        _OVERFIT.search(name)
        for path, module in modules.items()
        for name in (path, *(node.name for _, node in functions_of(module.body)))
    )
    return named or any(_overfits(run) for run in trace.runs)


def _overfits(run: Run) -> bool:
    if is_watched(run, "overfit") or any(OVERFIT_CHECK in training.exemptions for training in run.trainings):
        return True
    return any(_OVERFIT.search(event.option) for event in run.of(OptionDeclared))
