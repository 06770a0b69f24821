"""What a plateau schedule is told: nothing, the training loss, or a metric that moves the other way."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from trainlint.knowledge.conventions import split_of_name, words
from trainlint.trace.anatomy import plain
from trainlint.trace.evaluations import Evaluation
from trainlint.trace.events import LoopKind, SchedulerStep
from trainlint.trace.merge import tokens_of
from trainlint.trace.queries_cadence import cadence
from trainlint.trace.sequence import further_guards
from trainlint.trace.tokens import losses, sources
from trainlint.trace.values import Constant, Data, Library, Value
from trainlint.trace.view import Training

# Metrics that rise and that fall as the training gets better, by the words in their names.
_RISING = frozenset(
    "acc accs accuracy accuracies f1 auc auroc auprc iou miou dice map precision recall bleu psnr ssim kappa top1 mcc".split()
)
_FALLING = frozenset(
    "loss losses nll error err errors mse mae rmse mape perplexity ppl wer cer elbo bce ce cost distance".split()
)
# What turns a metric round or tells of something else: `1 - acc`, `no_improvement`, `loss_weight`.
_TURNED = frozenset("neg negative minus inverse inv no not drop gap weight best".split())


class Misled(msgspec.Struct, frozen=True):
    """A step of a plateau schedule. ``how`` is nothing, training, rising or falling; ``evaluation`` what it could be told."""

    step: SchedulerStep
    scheduler: Library
    how: str
    evaluation: Evaluation | None = None


def misled_plateaus(training: Training) -> Iterator[Misled]:
    """The steps of `ReduceLROnPlateau` by something else than a validation metric in the direction of its mode."""
    if training.loop.kind is LoopKind.FRAMEWORK:
        return
    for step in training.of(SchedulerStep):
        scheduler = plain(step.scheduler)
        if not isinstance(scheduler, Library) or scheduler.short != "ReduceLROnPlateau" or step.offered:
            continue
        if step.metric is None:
            if not _is_told_elsewhere(step, scheduler, training):
                yield Misled(step, scheduler, "nothing")
            continue
        against = _against(step.metric, scheduler.constant("mode"))
        if against is not None:
            yield Misled(step, scheduler, against)
        elif cadence(step, training) != "batch" and _is_of_training(step.metric, training):
            evaluation = _beside(step, training)
            if evaluation is not None:
                yield Misled(step, scheduler, "training", evaluation)


def _is_told_elsewhere(step: SchedulerStep, scheduler: Library, training: Training) -> bool:
    """Whether conditions, or other steps, tell apart which schedule is stepped how."""
    guarded = any(isinstance(guard.test, Data) for guard in step.guards)
    others = [event for event in training.run.of(SchedulerStep) if plain(event.scheduler) is scheduler]
    return guarded or any(other.metric is not None for other in others) or _is_one_of_several(step, training)


def _is_one_of_several(step: SchedulerStep, training: Training) -> bool:
    """Whether one call steps whichever schedule was made of several: which one, only the settings know."""
    return any(
        event.place == step.place
        and event.frames == step.frames
        and event.calls == step.calls
        and plain(event.scheduler) is not plain(step.scheduler)
        for event in training.run.of(SchedulerStep)
    )


def _against(metric: Value, mode: object) -> str | None:
    """Whether a metric rises where the mode is min, or falls where it is max, as its name tells."""
    found = set(words(metric.name)) if metric.name and metric.name.replace(".", "_").isidentifier() else set()
    if found & _TURNED or mode not in ("min", "max") or isinstance(metric, Constant):
        return None
    rises, falls = bool(found & _RISING), bool(found & _FALLING)
    if rises == falls:
        return None
    return "rising" if rises and mode == "min" else "falling" if falls and mode == "max" else None


def _is_of_training(metric: Value, training: Training) -> bool:
    """Whether a number was computed from the batches trained on alone, or is the very loss that was back-propagated."""
    tokens = tokens_of(metric)
    data = sources(tokens)
    if data:
        return all(source in training.sources and source.split in ("train", "unknown") for source in data)
    told = losses(tokens)
    measured = {
        loss for evaluation in training.evaluations for event in evaluation.events for loss in losses(event.tokens)
    }
    return bool(told) and told <= training.losses and not told & measured


def _is_validation(evaluation: Evaluation, training: Training) -> bool:
    """Whether it is on validation data, by what that was made from or else by the name of a function that evaluates it."""
    called = [call.function for call in evaluation.event.calls[training.loop.depth :]]
    return evaluation.split == "validation" or (
        evaluation.is_of_unknown_data and any(split_of_name(name) == "validation" for name in called)
    )


def _beside(step: SchedulerStep, training: Training) -> Evaluation | None:
    """Validation data that is evaluated each time that the schedule is stepped."""
    for evaluation in training.evaluations:
        event = evaluation.event
        if not _is_validation(evaluation, training) or event.offered or event.order > step.order:
            continue
        at_hand = [guard for guard in further_guards(event, step) if isinstance(guard.test, Data)]
        depth = [frame.loop for frame in event.frames].index(training.loop) + 1 if event.inside(training.loop) else 0
        if not any(guard.loops <= depth for guard in at_hand):
            return evaluation
    return None
