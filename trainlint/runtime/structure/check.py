"""check_model: what is wrong with a network before it sees its first epoch."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from torch import nn

from trainlint.runtime.batches import LossFunction, call, cloned
from trainlint.runtime.captured import captured
from trainlint.runtime.copies import unwrap, working_copy
from trainlint.runtime.inputs import check_input_scale
from trainlint.runtime.modes import batch_norms
from trainlint.runtime.outputs import check_output
from trainlint.runtime.report import Part, Report, Verdict
from trainlint.runtime.state import preserved

from .independence import check_independence
from .learning import check_gradient_flow, check_optimizer
from .registration import check_registration
from .switching import check_batch_norm, check_eval_randomness, check_modes


def check_model(
    model: nn.Module,
    inputs: Any,
    targets: Any = None,
    loss: LossFunction | None = None,
    optimizer: torch.optim.Optimizer | Sequence[torch.optim.Optimizer] | None = None,
) -> Report:
    """Look a network over on one batch, with a forward in each mode and one backward.

    Checked are: the inputs' scale; layers in plain lists that the model does not know; whether the optimizers hold
    every trainable parameter; whether a gradient reaches each of them; whether the output is what the loss expects;
    whether one sample's output in eval mode depends on the others; randomness in eval mode; and what the modes change.
    Everything runs on a copy; model, optimizer and random generators are left as they were.

    Args:
        model: any module, also wrapped for data-parallel training or by ``torch.compile``.
        inputs: a batch of two samples or more: tensor, tuple or mapping.
        targets: for ``loss``.
        loss: ``loss(output, targets)`` to one number; without it, and without a loss in the output, the outputs' mean
            square stands in.
        optimizer: the training's optimizer, or several of them.

    Raises:
        ValueError: lazy layers have no shape yet.
        TypeError: the loss is not one number.
    """
    report = Report("check_model", (check_input_scale(inputs), check_registration(unwrap(model))))
    with preserved(model, *captured(loss)):
        report.parts += (check_optimizer(unwrap(model), optimizer), check_batch_norm(unwrap(model)))
        with working_copy(model) as network:
            report.parts += _forwards(network, inputs, targets, loss)
        with working_copy(model) as network:
            # The gradients as in training; a single sample has no batch statistics.
            network.train(not batch_norms(network))
            report.parts += (check_gradient_flow(network, inputs, targets, loss),)
    return report


def _forwards(network: nn.Module, inputs: Any, targets: Any, loss: LossFunction | None) -> tuple[Part, ...]:
    network.eval()
    with torch.no_grad():
        output = call(network, cloned(inputs))
    parts = [check_output(output, targets, loss), check_eval_randomness(network, inputs)]
    if parts[-1].verdict is not Verdict.PASS:
        parts.append(Part("batch independence", Verdict.SKIP, "cannot be told while the forward is random"))
    else:
        parts.append(check_independence(network, inputs))
    parts.append(check_modes(network, inputs))
    return tuple(parts)
