"""What the monitors measured, as plain values for a report."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from ..training_report import Summary
from .parameters import trainable

if TYPE_CHECKING:
    from .training import TrainingMonitor

SHOWN_LAYERS = 12
"""Layers whose curves a page shows; more are told apart by nobody."""


def summarise(monitor: TrainingMonitor) -> Summary:
    """The summary of ``monitor`` now."""
    evaluations = monitor.validation.evaluations
    return Summary(
        model=type(monitor.model).__name__,
        parameters=sum(parameter.numel() for parameter in trainable(monitor.model).values()),
        steps=monitor.steps_made,
        loss=monitor.loss.curve.points(),
        training=[(e.step, e.training) for e in evaluations if not math.isnan(e.training)],
        validation=[(e.step, e.validation) for e in evaluations],
        learning_rate=monitor.learning_rate.curve.points(),
        gradient_norm=monitor.gradients.total.points(),
        oscillation=monitor.oscillation.curve.points(),
        updates=_updates(monitor),
        units={name: site.curve.points() for name, site in monitor.activations.judged().items()},
        filters=monitor.filters.picture(),
        smoothness=monitor.filters.smoothness(),
        best_evaluation=monitor.validation.best_epoch,
        notes=_notes(monitor),
    )


def _updates(monitor: TrainingMonitor) -> dict[str, list[tuple[int, float]]]:
    matrices = [name for name, parameter in trainable(monitor.model).items() if parameter.dim() >= 2]
    stride = max(1, -(-len(matrices) // SHOWN_LAYERS))
    shown = set(matrices[::stride])
    updates = monitor.updates
    return {
        name: row.points() for name, row in zip(updates.names, updates.ratios, strict=True) if name in shown and row
    }


def _notes(monitor: TrainingMonitor) -> tuple[str, ...]:
    notes = []
    if monitor.failure is not None:
        notes.append(f"the monitor failed at step {monitor.steps_made} and watched no more: {monitor.failure}")
    if not monitor.sees_activations:
        notes.append("activations inside compiled code are not seen: dead and saturated units were not looked for")
    if not monitor.steps_made:
        notes.append("the watched optimizer made no step")
    if not monitor.validation.evaluations:
        notes.append("no validation loss was reported, so over- and underfitting were not judged (monitor.validate)")
    return tuple(notes)
