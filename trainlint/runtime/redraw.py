"""Draw a network's initial weights anew, as its author draws them."""

from __future__ import annotations

import torch
from torch import Tensor, nn

# Spreads of two draws of one distribution differ by less than this in all but the smallest tensors.
SAME_SPREAD = 0.2


def redraw(model: nn.Module, seed: int) -> None:
    """Initialise ``model`` anew in place, with torch's global generator set to ``seed``.

    Every module's ``reset_parameters`` is called. A tensor that it does not touch, or leaves with another spread than
    it had, was initialised by the author's own rule: its entries are shuffled instead, which keeps the rule's
    distribution. Vectors (biases set to class frequencies, scales) then stay as they are, as do buffers, and weights
    that a parametrization (spectral norm) keeps buffers about.
    """
    torch.manual_seed(seed)
    before = {name: parameter.detach().clone() for name, parameter in model.named_parameters()}
    buffers = [(buffer, buffer.clone()) for buffer in model.buffers()]
    with torch.no_grad():
        for module in model.modules():
            reset = getattr(module, "reset_parameters", None)
            if callable(reset):
                reset()
        for name, parameter in model.named_parameters():
            if _parametrized(name):
                parameter.copy_(before[name])
            elif not _same_rule(before[name], parameter):
                parameter.copy_(_shuffled(before[name]) if parameter.dim() > 1 else before[name])
        for buffer, contents in buffers:
            buffer.copy_(contents)


def _parametrized(name: str) -> bool:
    return "parametrizations." in name or name.endswith("_orig")


def _same_rule(before: Tensor, after: Tensor) -> bool:
    if torch.equal(before, after):
        return False
    old, new = (float(tensor.detach().float().pow(2).mean().sqrt()) for tensor in (before, after))
    return abs(old - new) <= SAME_SPREAD * max(old, new)


def _shuffled(tensor: Tensor) -> Tensor:
    order = torch.randperm(tensor.numel()).to(tensor.device)
    return tensor.reshape(-1)[order].reshape(tensor.shape)


def constant_weights(model: nn.Module) -> list[str]:
    """The weight tensors (two axes or more) of linear and convolution layers whose entries are all the same."""
    kinds = (nn.Linear, nn.modules.conv._ConvNd, nn.Bilinear)
    names = []
    for name, module in model.named_modules():
        if isinstance(module, kinds):
            weight = module.weight.detach()
            if weight.numel() > 1 and bool((weight == weight.reshape(-1)[0]).all()):
                names.append(f"{name}.weight" if name else "weight")
    return names
