"""The modules and optimizers that a user's function works on without saying so: through its closure, or as methods."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable
from typing import Any

import torch
from torch import nn


def captured(*functions: Callable[..., Any] | None) -> list[object]:
    """Modules and optimizers that ``functions`` reach: themselves, bound objects, partial arguments, closed-over and
    global variables that they name."""
    found: dict[int, object] = {}
    for function in functions:
        for value in _reached(function):
            if isinstance(value, (nn.Module, torch.optim.Optimizer)):
                found[id(value)] = value
    return list(found.values())


def _reached(function: Any) -> list[Any]:
    if isinstance(function, functools.partial):
        return [*_reached(function.func), *function.args, *function.keywords.values()]
    if isinstance(function, nn.Module):
        return [function]
    values: list[Any] = []
    owner = getattr(function, "__self__", None)
    if owner is not None:
        values += [owner, *getattr(owner, "__dict__", {}).values()]
        function = getattr(function, "__func__", function)
    if inspect.isfunction(function):
        variables = inspect.getclosurevars(function)
        values += [*variables.nonlocals.values(), *variables.globals.values()]
    return values
