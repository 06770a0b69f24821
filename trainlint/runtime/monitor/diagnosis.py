"""Causes that no monitor sees alone: what several of them say together."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import TYPE_CHECKING

import torch
from torch import nn

from trainlint.findings import Level

from ..findings import RuntimeFinding
from .activations import MANY_DEAD
from .gradients import listed
from .loss import NO_PROGRESS, PATIENCE
from .parameters import constant_weights, trainable
from .series import median
from .updates import COLLAPSE, MINIMUM, TOO_LARGE, TOO_SMALL, unchanged_finding

if TYPE_CHECKING:
    from .training import TrainingMonitor

LARGE_STEPS = 0.03
"""Updates over weights, thirty times the usual, at which a loss that does badly is put down to the step size."""

LEAST_STEPS = 100

LARGE_DECAY = 0.01
"""Share of the weights that decay takes a step: a hundred times the usual 0.1 times 5e-4 or 1e-3 times 0.1, it halves
the weights every 70 steps."""

_EXPLAINS_STEP_SIZE = frozenset(
    "missing-zero-grad summed-loss negated-loss unscaled-input accumulation-unscaled weight-decay-too-strong "
    "non-finite-input broadcast-targets scheduler-cadence constant-weight-init "
    "large-initial-loss softmax-before-cross-entropy sigmoid-before-bce-with-logits".split()
)
_STEP_SIZE = frozenset(("learning-rate-out-of-range", "oscillation"))


def diagnose(monitor: TrainingMonitor) -> Iterator[RuntimeFinding]:
    """Findings from the monitors of ``monitor`` taken together."""
    yield from _without_gradient(monitor)
    yield from _zero_gradient(monitor)
    yield from _unchanged(monitor)
    yield from _initial_loss(monitor)
    yield from _summed(monitor)
    yield from _decay(monitor)
    yield from _step_size(monitor)
    yield from _full_batch(monitor)
    yield from _single_samples(monitor)


_DEAD = frozenset(("dead-units", "saturated-activation"))
_HIDES: dict[str, frozenset[str]] = {
    "learning-rate-out-of-range": frozenset(("oscillation",)),
    "summed-loss": frozenset(("exploding-gradient",)),
    "missing-zero-grad": frozenset(("exploding-gradient",)),
    "full-batch-descent": frozenset(("same-batch-every-step",)),
    "optimizer-holds-stale-parameters": frozenset(("incomplete-step", "optimizer-recreated")),
    "loss-detached": frozenset(("incomplete-step",)),
    "constant-weight-init": _DEAD,
}


def without_consequences(findings: list[RuntimeFinding]) -> list[RuntimeFinding]:
    """``findings`` without those that another one explains: one cause, one finding."""
    names = {finding.name for finding in findings}
    hidden = {name for cause, names_hidden in _HIDES.items() if cause in names for name in names_hidden}
    if names & _EXPLAINS_STEP_SIZE or any(f.name in _DEAD and not f.symptom for f in findings):
        hidden |= _STEP_SIZE
    return [finding for finding in findings if finding.name not in hidden]


def does_badly(monitor: TrainingMonitor) -> bool:
    """Whether the loss exploded, is no number, or has not fallen."""
    loss = monitor.loss
    if loss.non_finite_step is not None or loss.explosion_step is not None:
        return True
    return len(loss.curve) >= PATIENCE and not loss.recent < NO_PROGRESS * loss.start


def _without_gradient(monitor: TrainingMonitor) -> Iterator[RuntimeFinding]:
    left_out = set(monitor.parameters.left_out())
    missing = [name for name in monitor.gradients.never_present() if name not in left_out]
    if not missing or len(missing) == len(monitor.gradients.names):
        return
    called = monitor.called_modules
    detached = [name for name in missing if called and name.rpartition(".")[0] in called]
    if detached:
        yield RuntimeFinding(
            "loss-detached",
            Level.ERROR,
            f"{listed(detached)} were used in the forward and got no gradient: the graph is cut behind them",
            "look for detach(), .data, numpy, or no_grad() between these layers and the loss",
            code="TL509",
            where=detached[0],
        )
    unused = [name for name in missing if name not in detached]
    if unused:
        yield RuntimeFinding(
            "unused-parameters",
            Level.WARNING,
            f"{listed(unused)} never got a gradient" + (": the forward does not use them" if called else ""),
            "use the layers, or remove them; data-parallel training waits for their gradients",
            where=unused[0],
        )


def _zero_gradient(monitor: TrainingMonitor) -> Iterator[RuntimeFinding]:
    matrices = {name: p for name, p in trainable(monitor.model).items() if p.dim() >= 2}
    zero = [name for name in monitor.gradients.always_zero() if name in matrices]
    constant = [name for name in zero if not bool(matrices[name].detach().any())]
    if constant:
        yield constant_weights(constant)
    elif zero and not any(site.share >= MANY_DEAD for site in monitor.activations.judged().values()):
        yield RuntimeFinding(
            "zero-gradient",
            Level.WARNING,
            f"the gradient of {listed(zero)} is exactly zero in every step",
            "look for dead units, a mask of zeros, or a weight of zero behind these layers",
            where=zero[0],
        )


def _unchanged(monitor: TrainingMonitor) -> Iterator[RuntimeFinding]:
    gradients = monitor.gradients
    excused = {*monitor.parameters.left_out(), *gradients.never_present(), *gradients.always_rounding()}
    names = [name for name in monitor.updates.never_changed() if name not in excused]
    if not names or monitor.learning_rate.peak <= 0 or len(gradients.total) < MINIMUM:
        return
    reason = "the updates are smaller than the precision of the weights, or their learning rate is zero"
    yield unchanged_finding(names, monitor.steps_made, reason, "keep weights in float32; check the groups' rates")


def _initial_loss(monitor: TrainingMonitor) -> Iterator[RuntimeFinding]:
    """A classifier's first loss against that of guessing, where the loss says that it is one."""
    guess, initial = monitor.graph.guessing, monitor.loss.first
    if guess and math.isfinite(initial) and initial > 3 * guess:
        yield RuntimeFinding(
            "large-initial-loss",
            Level.WARNING,
            f"the untrained network's loss is {initial:.3g}; guessing among its classes costs {guess:.3g}",
            "a smaller initialisation of the last layer, scaled inputs, or normalisation (check_initial_loss)",
            code="TL302",
            step=0,
            evidence={"initial loss": initial, "guessing": guess},
        )


def _summed(monitor: TrainingMonitor) -> Iterator[RuntimeFinding]:
    facts = monitor.graph.facts
    if facts is None or not facts.summed or not monitor.updates.measurements:
        return
    if does_badly(monitor) or monitor.updates.largest_ratio > TOO_LARGE:
        size = round(median([float(size) for size in monitor.inputs.batch_sizes], 1.0))
        yield RuntimeFinding(
            "summed-loss",
            Level.WARNING,
            f"the loss is summed over the batch, so the steps are about {size} times those of a mean",
            'use reduction="mean", or divide the learning rate by the batch size',
            evidence={"update over weights": monitor.updates.largest_ratio, "batch size": size},
        )


def _decay(monitor: TrainingMonitor) -> Iterator[RuntimeFinding]:
    groups = [group for optimizer in monitor.optimizers for group in optimizer.param_groups]
    decay = max((float(group.get("weight_decay") or 0.0) for group in groups), default=0.0)
    shrinkage = monitor.updates.shrinkage
    badly = monitor.loss.recent > 0.5 * monitor.loss.initial
    per_step = max(map(_decay_per_step, monitor.optimizers), default=0.0)
    if decay > 0 and badly and (shrinkage < COLLAPSE or per_step > LARGE_DECAY):
        yield RuntimeFinding(
            "weight-decay-too-strong",
            Level.WARNING,
            f"weight decay of {decay:g} shrank the weights to {shrinkage:.1%} of their first norm",
            "1e-5 to 1e-3 is usual for SGD, 0.01 to 0.1 for AdamW",
            step=monitor.steps_made,
            evidence={"weight decay": decay, "norm left": shrinkage, "weights lost to it a step": per_step},
        )


def _decay_per_step(optimizer: torch.optim.Optimizer) -> float:
    """Share of the weights that decay takes in one step, where an optimizer subtracts rate times decay times weight."""
    if not isinstance(optimizer, (torch.optim.SGD, torch.optim.AdamW)):
        return 0.0
    return max(float(group["lr"]) * float(group["weight_decay"]) for group in optimizer.param_groups)


def _step_size(monitor: TrainingMonitor) -> Iterator[RuntimeFinding]:
    updates, loss = monitor.updates, monitor.loss
    if updates.measurements < MINIMUM or (len(monitor.gradients.clipping) >= MINIMUM and _clipped(monitor)):
        return
    ratio = updates.largest_ratio
    if ratio > LARGE_STEPS and does_badly(monitor):
        yield RuntimeFinding(
            "learning-rate-out-of-range",
            Level.WARNING,
            f"steps of {ratio:.1%} of the weights, and a loss that does badly: the learning rate is too high",
            "lower the learning rate (find_learning_rate)",
            code="TL709",
            step=monitor.steps_made,
            evidence={"update over weights": ratio, "rate": monitor.learning_rate.peak},
        )
    slow = monitor.steps_made >= LEAST_STEPS and loss.recent > 0.9 * loss.start
    if 0 < ratio < TOO_SMALL and slow and monitor.learning_rate.peak > 0:
        yield RuntimeFinding(
            "learning-rate-out-of-range",
            Level.WARNING,
            f"steps of {ratio:.1e} of the weights, and a loss that hardly falls: the learning rate is too low",
            "raise the learning rate (find_learning_rate)",
            code="TL709",
            step=monitor.steps_made,
            evidence={"update over weights": ratio, "rate": monitor.learning_rate.peak},
        )


def _clipped(monitor: TrainingMonitor) -> bool:
    return any(finding.name == "clipping-too-tight" for finding in monitor.gradients.findings())


def _full_batch(monitor: TrainingMonitor) -> Iterator[RuntimeFinding]:
    sizes = set(monitor.inputs.batch_sizes)
    epochs, steps = monitor.learning_rate.epochs, monitor.steps_made
    second_order = any(isinstance(optimizer, torch.optim.LBFGS) for optimizer in monitor.optimizers)
    if second_order or epochs < 2 * MINIMUM:
        return
    if steps <= epochs + 1 and len(sizes) == 1 and min(sizes) >= 256:
        yield RuntimeFinding(
            "full-batch-descent",
            Level.WARNING,
            f"each epoch is one step on a batch of {min(sizes)}",
            "mini-batches give more updates for the same work",
            code="TL706",
            step=steps,
            evidence={"epochs": epochs, "steps": steps},
        )


def _single_samples(monitor: TrainingMonitor) -> Iterator[RuntimeFinding]:
    alone = set(monitor.inputs.batch_sizes) == {1} and median(monitor.steps.per_step, 1.0) == 1.0
    if alone and monitor.loss.noise() > 0.25 and not _normalises_samples(monitor.model):
        yield RuntimeFinding(
            "single-sample-batches",
            Level.WARNING,
            f"steps on single samples: the loss jumps by {monitor.loss.noise():.0%} of its initial level each time",
            "use batches, or accumulate the gradients of several samples",
            code="TL707",
            evidence={"noise": monitor.loss.noise()},
        )


def _normalises_samples(model: nn.Module) -> bool:
    kinds = (nn.GroupNorm, nn.InstanceNorm1d, nn.InstanceNorm2d, nn.InstanceNorm3d)
    return any(isinstance(module, kinds) for module in model.modules())
