"""Quiet a model: dropout and everything else that reads ``training`` off, batch norm as asked."""

from __future__ import annotations

from torch import nn
from torch.nn.modules.batchnorm import _BatchNorm


def quiet(model: nn.Module, *, batch_statistics: bool = False) -> None:
    """Put ``model`` into eval mode in place; with ``batch_statistics`` its batch norms normalise by the batch, as in
    training, but no longer move their running statistics. Meant for a copy."""
    model.eval()
    if not batch_statistics:
        return
    for norm in batch_norms(model):
        norm.training = True
        norm.momentum = 0.0


def batch_norms(model: nn.Module) -> list[_BatchNorm]:
    """All batch-norm layers of ``model``."""
    return [module for module in model.modules() if isinstance(module, _BatchNorm)]


def dropouts(model: nn.Module) -> list[str]:
    """Names of the layers that drop at random in train mode: dropout modules, and attention and recurrent layers
    whose own ``dropout`` is above zero."""
    names = []
    for name, module in model.named_modules():
        rate = getattr(module, "p", None) if isinstance(module, nn.modules.dropout._DropoutNd) else None
        if isinstance(module, (nn.MultiheadAttention, nn.RNNBase)):
            rate = module.dropout
        if isinstance(rate, (int, float)) and rate > 0:
            names.append(name or type(module).__name__)
    return names
