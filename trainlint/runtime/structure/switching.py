"""What train and eval mode do to a model's output."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn

from trainlint.runtime.batches import batch_size, call, cloned, main_output
from trainlint.runtime.modes import batch_norms, dropouts
from trainlint.runtime.recording import first_to_differ, record
from trainlint.runtime.report import Part, Verdict
from trainlint.runtime.state import RandomState

from .drawing import DROPPING, drawn_by

# Torch's batch norms add 1e-5 to the variance. Nobody adds a tenth on purpose: it is a momentum in eps's place.
LARGE_EPS = 0.1
# Running statistics that fit the data keep outputs alike in both modes; this is far from alike.
FAR_APART = 10.0


def check_eval_randomness(model: nn.Module, inputs: Any) -> Part:
    """Whether ``model`` in eval mode gives one answer to one question.

    Dropout that is always on is a fault. Drawing noise of one's own (``randn_like``, ``normal_``, a distribution's
    ``rsample``), as a variational autoencoder does, may be meant: a warning that names the module and the operation.
    """
    model.eval()
    first, second = (record(model, lambda: call(model, cloned(inputs))) for _ in range(2))
    culprit = first_to_differ(first, second, _close)
    if culprit is None:
        return Part("eval mode", Verdict.PASS, "two forwards in eval mode agree")
    with drawn_by(culprit.module) as drawn:
        record(model, lambda: call(model, cloned(inputs)))
    if drawn and not drawn & DROPPING:
        return Part(
            "eval mode",
            Verdict.WARN,
            f"two forwards in eval mode differ: {culprit.title} samples with {', '.join(sorted(drawn))} in eval mode too",
            "right where samples are wanted (a generative model); evaluate a variational autoencoder at the mean of its "
            "latent distribution (return mean unless self.training), else the same input gets another score each time",
            cause="samples-in-eval",
            where=culprit.title,
        )
    return Part(
        "eval mode",
        Verdict.FAIL,
        f"two forwards in eval mode differ, in {culprit.title}: something random is always on",
        "tie it to self.training: F.dropout(x, training=self.training)",
        cause="random-in-eval",
        code="TL508",
        where=culprit.title,
    )


def check_batch_norm(model: nn.Module) -> Part:
    """Whether a batch norm got its momentum in the place of eps."""
    for name, module in model.named_modules():
        if module in batch_norms(model) and isinstance(eps := getattr(module, "eps", None), float) and eps >= LARGE_EPS:
            return Part(
                "batch norm",
                Verdict.FAIL,
                f"{name} adds eps={eps:g} to the variance: a momentum stands in eps's place",
                "name it: BatchNorm2d(n, momentum=...)",
                cause="batch-norm-eps-for-momentum",
                code="TL305",
                where=name,
            )
    count = len(batch_norms(model))
    return Part("batch norm", Verdict.PASS if count else Verdict.SKIP, f"{count} batch-norm layers")


def check_modes(model: nn.Module, inputs: Any) -> Part:
    """Compare the outputs in train and eval mode; ``model`` is a copy."""
    norms, dropped, size = batch_norms(model), dropouts(model), batch_size(inputs)
    if norms and size == 1:
        return Part("train and eval mode", Verdict.SKIP, "one sample cannot be normalised by its batch")
    start = RandomState()
    outputs = []
    for training in (True, False):
        start.restore()
        model.train(training)
        with torch.no_grad():
            outputs.append(main_output(call(model, cloned(inputs))))
    train, evaluated = outputs
    if train is None or evaluated is None or train.shape != evaluated.shape or not train.is_floating_point():
        return Part("train and eval mode", Verdict.SKIP, "the outputs of the two modes are of different kinds")
    difference, scale = float((train - evaluated).abs().mean()), float(train.abs().mean())
    evidence: dict[str, object] = {
        "mean difference": difference,
        "mean size in train mode": scale,
        "mean size in eval mode": float(evaluated.abs().mean()),
        "dropout layers": len(dropped),
        "batch norms": len(norms),
    }
    if not norms and not dropped and not _close(train, evaluated):
        message = (
            "the modes differ although there is neither dropout nor batch norm: something else reads self.training"
        )
        return Part("train and eval mode", Verdict.PASS, message, evidence=evidence)
    trained = [norm for norm in norms if norm.num_batches_tracked is not None and int(norm.num_batches_tracked) > 100]
    if trained and difference > FAR_APART * scale:
        return Part(
            "train and eval mode",
            Verdict.WARN,
            "outputs in eval mode are nothing like those in train mode: running statistics do not fit these inputs",
            "scale the inputs as in training; look at batch-norm momentum and at layers whose statistics were frozen",
            cause="running-statistics",
            evidence=evidence,
        )
    reason = " and ".join(["dropout"] * bool(dropped) + ["batch norm"] * bool(norms)) or "nothing"
    return Part("train and eval mode", Verdict.PASS, f"{reason} switches with the mode", evidence=evidence)


def _close(first: Tensor, second: Tensor) -> bool:
    if not first.is_floating_point():
        return torch.equal(first, second)
    return torch.allclose(first, second, rtol=1e-4, atol=1e-6, equal_nan=True)
