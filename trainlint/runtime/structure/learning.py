"""Which parameters learn: those that an optimizer holds and a gradient reaches."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import torch
from torch import nn

from trainlint.runtime.batches import LossFunction, call, cloned, loss_value, own_loss, tensors
from trainlint.runtime.optimizers import held_parameters
from trainlint.runtime.report import Part, Verdict


def check_optimizer(
    model: nn.Module, optimizer: torch.optim.Optimizer | Sequence[torch.optim.Optimizer] | None
) -> Part:
    """Whether the optimizers hold all trainable parameters of ``model``, and nothing that is not in it.

    Exempt is what is frozen (``requires_grad`` is off), and a new head on a body that is kept: what the optimizers hold
    is then exactly the last parts of the network, whole, in the order of registration, and smaller than what they
    leave out. The message says so, since the body then gets gradients that nothing uses.
    """
    if optimizer is None:
        return Part("optimizer", Verdict.SKIP, "no optimizer was given")
    optimizers = [optimizer] if isinstance(optimizer, torch.optim.Optimizer) else list(optimizer)
    held = {id(parameter) for each in optimizers for parameter in held_parameters(each)}
    own = {id(parameter): name for name, parameter in model.named_parameters()}
    missing = [
        name for name, parameter in model.named_parameters() if parameter.requires_grad and id(parameter) not in held
    ]
    foreign = len(held - set(own))
    evidence = {"held": len(held & set(own)), "missing": len(missing), "foreign": foreign}
    head = _new_head(model, held) if missing and not foreign else ()
    if head:
        message = f"the optimizers hold the head alone ({_listed(list(head))}); the body below it stays as it is"
        advice = "set requires_grad_(False) on the body: its gradients are computed for nothing"
        return Part("optimizer", Verdict.PASS, message, advice, evidence=evidence)
    if missing:
        # Tensors of layers that were replaced: what is missing stands where they stood.
        stale = foreign > 0
        return Part(
            "optimizer",
            Verdict.FAIL if stale else Verdict.WARN,
            f"no optimizer holds {_listed(missing)}" + (f", but {foreign} tensors that are not in the model" * stale),
            "make the optimizer after the model has its final layers, from model.parameters(), or freeze these",
            cause="stale-parameters" if stale else "parameters-left-out",
            code="TL513" if stale else "TL527",
            where=missing[0],
            evidence=evidence,
        )
    frozen = sum(not parameter.requires_grad for parameter in model.parameters() if id(parameter) in held)
    note = f"; {frozen} of them are frozen" if frozen else ""
    return Part("optimizer", Verdict.PASS, f"the optimizers hold all trainable parameters{note}", evidence=evidence)


def _new_head(model: nn.Module, held: set[int]) -> tuple[str, ...]:
    """The names of the last parts of ``model`` where they are all that is held, each whole, and are a head: fewer
    numbers than the body below them. Empty where the held part is anything else."""
    parts = [(name, list(part.parameters())) for name, part in _parts(model)]
    whole = [all(id(parameter) in held for parameter in parameters) for _, parameters in parts]
    untouched = [not any(id(parameter) in held for parameter in parameters) for _, parameters in parts]
    first = next((number for number, is_held in enumerate(whole) if is_held), len(parts))
    if not 0 < first < len(parts) or not all(untouched[:first]) or not all(whole[first:]):
        return ()
    sizes = [sum(parameter.numel() for parameter in parameters) for _, parameters in parts]
    if sum(sizes[first:]) >= sum(sizes[:first]):
        return ()
    return tuple(name for name, _ in parts[first:])


def _parts(model: nn.Module) -> list[tuple[str, nn.Module]]:
    """The children with parameters; of an only child (a wrapper's) its own."""
    prefix = ""
    while True:
        parts = [
            (prefix + name, child) for name, child in model.named_children() if any(True for _ in child.parameters())
        ]
        direct = any(True for _ in model.parameters(recurse=False))
        if len(parts) != 1 or direct:
            return [] if direct else parts
        prefix, model = f"{parts[0][0]}.", parts[0][1]


def check_gradient_flow(model: nn.Module, inputs: Any, targets: Any, loss: LossFunction | None) -> Part:
    """Whether a gradient reaches every trainable parameter of ``model``, a copy, in one backward."""
    trainable = {name: parameter for name, parameter in model.named_parameters() if parameter.requires_grad}
    if not trainable:
        return Part("gradients", Verdict.SKIP, "no parameter requires a gradient")
    output = call(model, cloned(inputs))
    if loss is None and own_loss(output) is None:
        total = sum(t.float().square().mean() for t in tensors(output) if t.is_floating_point())
    else:
        total = loss_value(output, targets, loss)
    if not isinstance(total, torch.Tensor) or not total.requires_grad:
        return Part(
            "gradients",
            Verdict.FAIL,
            "the loss carries no gradient: it is cut from every parameter",
            "look for .item(), .detach(), .data, argmax, numpy or no_grad between the model and the loss",
            cause="loss-detached",
            code="TL509",
        )
    total.backward()  # type: ignore[no-untyped-call]
    return _flow(trainable)


def _flow(trainable: dict[str, nn.Parameter]) -> Part:
    none = [name for name, parameter in trainable.items() if parameter.grad is None]
    sizes = {n: float(p.grad.detach().float().norm()) for n, p in trainable.items() if p.grad is not None}
    broken = [name for name, size in sizes.items() if not math.isfinite(size)]
    zero = [name for name, size in sizes.items() if size == 0]
    evidence = {"with gradient": len(sizes) - len(zero), "without": len(none), "zero": len(zero)}
    if broken:
        advice = "look for logarithms, roots and divisions near zero"
        message = f"the gradient of {_listed(broken)} is not finite"
        return Part("gradients", Verdict.FAIL, message, advice, cause="non-finite-gradient", evidence=evidence)
    if none:
        return Part(
            "gradients",
            Verdict.WARN,
            f"no gradient reaches {_listed(none)}",
            "a layer that forward() does not use, or a .detach(), .data, no_grad or numpy behind it",
            cause="no-gradient",
            where=none[0],
            evidence=evidence,
        )
    if zero and len(zero) == len(sizes):
        advice = "look for dead ReLUs, saturated units or weights that are all zero"
        message = "every gradient is exactly zero"
        return Part("gradients", Verdict.FAIL, message, advice, cause="zero-gradient", evidence=evidence)
    note = f"; exactly zero in {_listed(zero)}, as before a layer that starts at zero" if zero else ""
    return Part("gradients", Verdict.PASS, f"a gradient reaches every trainable parameter{note}", evidence=evidence)


def _listed(names: list[str]) -> str:
    return ", ".join(names[:4]) + (f" and {len(names) - 4} more" if len(names) > 4 else "")
