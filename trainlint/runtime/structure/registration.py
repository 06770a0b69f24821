"""Layers and parameters that a module holds without knowing them: in plain lists, dicts, tuples, as bare tensors."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import torch
from torch import nn

from trainlint.runtime.report import Part, Verdict

DEPTH = 3


def check_registration(model: nn.Module) -> Part:
    """Find what ``model.parameters()`` misses though an attribute holds it."""
    known = {id(module) for module in model.modules()} | {id(parameter) for parameter in model.parameters()}
    lost = [
        (f"{name}.{attribute}" if name else attribute, what)
        for name, module in model.named_modules()
        for attribute, value in vars(module).items()
        if attribute not in ("_parameters", "_buffers", "_modules")
        for what in _lost(value, known, DEPTH)
    ]
    if not lost:
        return Part("registered", Verdict.PASS, "every layer and parameter in an attribute is registered")
    where, what = lost[0]
    more = f", and {len(lost) - 1} more" if len(lost) > 1 else ""
    return Part(
        "registered",
        Verdict.FAIL,
        f"{where} holds {what} that the model does not know{more}: it is never trained, moved or saved",
        "hold layers in nn.ModuleList or nn.ModuleDict, parameters in nn.ParameterList or as nn.Parameter attributes",
        cause="unregistered-modules",
        code="TL514",
        where=where,
        evidence={"unregistered": len(lost)},
    )


def _lost(value: Any, known: set[int], depth: int) -> Iterator[str]:
    if isinstance(value, nn.Module):
        if id(value) not in known and any(True for _ in value.parameters()):
            yield f"a {type(value).__name__}"
    elif isinstance(value, torch.Tensor):
        if id(value) not in known and value.is_leaf and value.requires_grad:
            yield f"a trainable tensor of shape {tuple(value.shape)}"
    elif depth and isinstance(value, (list, tuple, set, Mapping)):
        for entry in value.values() if isinstance(value, Mapping) else value:
            yield from _lost(entry, known, depth - 1)
