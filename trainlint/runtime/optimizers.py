"""The user's optimizer, built anew over a copy of the model."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterable
from typing import Any

import torch
from torch import nn

OptimizerFactory = Callable[[Iterable[nn.Parameter]], torch.optim.Optimizer]
OptimizerLike = torch.optim.Optimizer | OptimizerFactory | None


def twin_optimizer(optimizer: OptimizerLike, original: nn.Module, duplicate: nn.Module) -> torch.optim.Optimizer:
    """An optimizer like ``optimizer`` over the parameters of ``duplicate``: a factory (or class) is called with them;
    an instance over ``original`` is copied with its groups and settings, but without its state; ``None`` is Adam.

    Raises ``TypeError`` for anything that does not make an optimizer.
    """
    if isinstance(optimizer, torch.optim.Optimizer):
        return _copied(optimizer, original, duplicate)
    if optimizer is None:
        return torch.optim.Adam(duplicate.parameters())
    if not callable(optimizer):
        raise TypeError(f"optimizer must be an optimizer or a function that makes one, not {type(optimizer).__name__}")
    made: Any = optimizer(duplicate.parameters())
    if not isinstance(made, torch.optim.Optimizer):
        raise TypeError(f"the optimizer factory returned {type(made).__name__}, not an optimizer")
    return made


def _copied(optimizer: torch.optim.Optimizer, original: nn.Module, duplicate: nn.Module) -> torch.optim.Optimizer:
    counterparts = dict(duplicate.named_parameters(remove_duplicate=False))
    memo: dict[int, Any] = {}
    for name, parameter in original.named_parameters(remove_duplicate=False):
        memo[id(parameter)] = counterparts[name]
    for held, state in optimizer.state.items():
        memo[id(state)] = {}  # a run starts with a fresh state; that of a large model is not copied first
        memo.setdefault(id(held), held)
    made = copy.deepcopy(optimizer, memo)
    made.state.clear()
    return made


def held_parameters(optimizer: torch.optim.Optimizer) -> list[torch.Tensor]:
    """All tensors in the optimizer's groups."""
    return [parameter for group in optimizer.param_groups for parameter in group["params"]]


def learning_rates(optimizer: torch.optim.Optimizer) -> list[float]:
    """The rate of every group; groups without one are left out."""
    return [float(group["lr"]) for group in optimizer.param_groups if "lr" in group]


def throwaway(optimizer: torch.optim.Optimizer) -> torch.optim.Optimizer:
    """An optimizer of the same class and settings over one zero a parameter, to try schedules on."""
    memo: dict[int, Any] = {}
    for parameter in held_parameters(optimizer):
        memo[id(parameter)] = nn.Parameter(torch.zeros(1))
    for held, state in optimizer.state.items():
        memo[id(state)] = {}
        memo.setdefault(id(held), nn.Parameter(torch.zeros(1)))
    made = copy.deepcopy(optimizer, memo)
    made.state.clear()
    return made
