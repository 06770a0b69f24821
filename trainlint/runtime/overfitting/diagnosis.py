"""What a training that did not reach zero looked like."""

from __future__ import annotations

import dataclasses
import math
from typing import Any

import torch
from torch import Tensor, nn

from trainlint.runtime.batches import main_output
from trainlint.runtime.optimizers import held_parameters
from trainlint.runtime.report import Part, Verdict
from trainlint.runtime.structure.learning import check_optimizer

from .few import contradiction
from .training import Setup, Trial

# Outputs that differ between samples by less than this share of their size are one output.
SAME_OUTPUT = 1e-4
# A loss so many times its start has run away.
RUNAWAY = 10.0


def seen_in(trial: Trial, setup: Setup, floor: float) -> Part | None:
    """The cause that the trial itself shows, ``None`` where further trials are needed to tell."""
    return (
        _retained(trial)
        or _frozen(trial, setup)
        or _detached(trial)
        or _unfit_data(setup)
        or _negated(trial, floor)
        or _without_gradient(trial)
        or _runaway(trial)
        or _constant_output(trial, setup)
        or _bounded_output(trial, setup)
    )


def failure(cause: str, code: str | None, message: str, advice: str, **evidence: object) -> Part:
    """The part that says why the samples were not fitted."""
    return Part("diagnosis", Verdict.FAIL, message, advice, cause=cause, code=code, evidence=evidence)


def _detached(trial: Trial) -> Part | None:
    if not trial.detached:
        return None
    return failure(
        "loss-detached",
        "TL509",
        "the loss carries no gradient: it is cut from every parameter",
        "look for .item(), .detach(), .data, argmax, numpy or no_grad between the model and the loss",
    )


def _retained(trial: Trial) -> Part | None:
    if not trial.retained:
        return None
    return failure(
        "graph-retained",
        "TL519",
        f"step {trial.steps + 1} runs back into the graph of the step before: the model keeps a tensor between calls "
        "that was not detached",
        "detach what the forward keeps (self.hidden = hidden.detach()), or start each call from a fresh state; "
        "retain_graph=True only hides it",
    )


def _unfit_data(setup: Setup) -> Part | None:
    pair = contradiction(setup.inputs, setup.targets)
    if pair is None:
        return None
    return failure(
        "contradictory-targets",
        None,
        f"samples {pair[0]} and {pair[1]} have equal inputs and different targets: nothing can fit both",
        "look at how inputs are loaded: a constant input, or targets shuffled against them",
    )


def _frozen(trial: Trial, setup: Setup) -> Part | None:
    if not any(parameter.requires_grad for parameter in setup.network.parameters()):
        advice = "set requires_grad_(True) on what shall learn"
        return failure("frozen", None, "no parameter requires a gradient", advice)
    if any(trial.changed.values()) or trial.detached:
        return None
    if trial.rates and max(trial.rates) <= 0:
        return failure("frozen", "TL709", "the learning rate is zero", "give the optimizer a positive rate")
    if all(gradient is None or gradient == 0 for gradient in trial.gradients.values()):
        return None
    return failure(
        "frozen",
        "TL709" if trial.rates and max(trial.rates) < 1e-9 else None,
        "gradients arrive, but the first step changed no parameter",
        "look at the learning rate, and at what the optimizer holds",
        rates=trial.rates,
    )


def check_parameters(trial: Trial, setup: Setup) -> Part:
    """Whether everything that should learn is in the optimizer and gets a gradient."""
    holding = check_optimizer(setup.network, setup.optimizer)
    if holding.verdict is not Verdict.PASS:
        return dataclasses.replace(holding, name="parameters")
    without = [name for name, gradient in trial.gradients.items() if gradient is None]
    if without and not trial.detached:
        return Part(
            "parameters",
            Verdict.WARN,
            f"no gradient arrives at {_listed(without)}",
            "look for .detach(), .data, no_grad or numpy behind these layers, or layers that forward() does not use",
            cause="detached",
            code="TL509",
        )
    held = {id(parameter) for parameter in held_parameters(setup.optimizer)}
    learning = sum(parameter.requires_grad and id(parameter) in held for parameter in setup.network.parameters())
    return Part("parameters", Verdict.PASS, f"{learning} tensors learn", evidence={"trainable": learning})


def _negated(trial: Trial, floor: float) -> Part | None:
    fell = trial.first - trial.last
    if trial.last >= floor - max(1.0, abs(trial.first - floor)) or fell <= 0:
        return None
    return failure(
        "negated-loss",
        None,
        f"the loss falls without end, to {trial.last:.3g}, far below that of a perfect answer ({floor:.3g})",
        "look for a wrong sign in the loss",
    )


def _without_gradient(trial: Trial) -> Part | None:
    if not trial.gradients or any(gradient != 0 for gradient in trial.gradients.values() if gradient is not None):
        return None
    return failure(
        "no-gradient",
        None,
        "every gradient is exactly zero",
        "look for dead ReLUs, saturated units, a constant initialisation, or a loss that ignores the output",
    )


def _runaway(trial: Trial) -> Part | None:
    if math.isfinite(trial.last) and trial.last < RUNAWAY * abs(trial.first) + 1:
        return None
    if not math.isfinite(trial.first):
        advice = "look at inputs, logarithms and divisions"
        return failure("non-finite-loss", None, "the loss is not finite before the first step", advice)
    return failure(
        "diverged",
        "TL709",
        f"the loss ran away from {trial.first:.3g} to {trial.last:.3g} in {trial.steps} steps",
        "lower the learning rate (find_learning_rate), or clip the gradients",
        rates=trial.rates,
    )


def _constant_output(trial: Trial, setup: Setup) -> Part | None:
    # An output that became constant in the training died of something else, most often of too large steps.
    if not (_is_constant(trial.output) and _is_constant(trial.first_output)) or _all_equal(setup.targets):
        return None
    dead = [name for name, gradient in trial.gradients.items() if gradient == 0]
    return failure(
        "constant-output",
        None,
        "the output is the same for every sample" + (f"; no gradient in {_listed(dead)}" if dead else ""),
        "look for dead ReLUs (a bias far below zero), saturated units, a softmax over the wrong axis, or weights that "
        "all start at one constant",
    )


def _is_constant(output: Any) -> bool:
    scores = main_output(output)
    if scores is None or scores.dim() < 1 or len(scores) < 2 or not scores.is_floating_point():
        return False
    return float((scores - scores[:1]).abs().max()) <= SAME_OUTPUT * float(scores.abs().max())


def _all_equal(targets: Any) -> bool:
    return isinstance(targets, Tensor) and targets.dim() > 0 and bool((targets == targets[:1]).all())


def _bounded_output(trial: Trial, setup: Setup) -> Part | None:
    scores = main_output(trial.output)
    targets = setup.targets
    if scores is None or not isinstance(targets, Tensor) or not targets.is_floating_point():
        return None
    for low, high, units in ((0.0, 1.0, "a sigmoid or softmax"), (-1.0, 1.0, "a tanh")):
        inside = bool(((scores >= low) & (scores <= high)).all())
        near = bool((scores > high - 0.1).any() or (scores < low + 0.1).any())
        if inside and near and bool(((targets > high + 0.1) | (targets < low - 0.1)).any()):
            return failure(
                "bounded-output",
                None,
                f"the output stays between {low:g} and {high:g} like that of {units}, the targets do not",
                "end with a linear layer, or scale the targets",
                least_target=float(targets.min()),
                largest_target=float(targets.max()),
            )
    return None


def _listed(names: list[str]) -> str:
    return ", ".join(names[:4]) + (f" and {len(names) - 4} more" if len(names) > 4 else "")


def without_regularization(network: nn.Module, optimizer: torch.optim.Optimizer) -> bool:
    """Turn dropout and weight decay off in place; whether there was any."""
    found = False
    for module in network.modules():
        if isinstance(module, nn.modules.dropout._DropoutNd) and module.p > 0:
            module.p, found = 0.0, True
        elif isinstance(module, (nn.MultiheadAttention, nn.RNNBase)) and module.dropout > 0:
            module.dropout, found = 0.0, True
    for group in optimizer.param_groups:
        decay = group.get("weight_decay", 0)
        if isinstance(decay, torch.Tensor) or decay:
            group["weight_decay"], found = 0.0, True
    return found
