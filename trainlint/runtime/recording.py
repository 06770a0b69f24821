"""What every module of a network took in and gave out in one forward, and the first that behaves unlike the rest."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn

from .batches import tensors


@dataclass
class Call:
    """One call of a module, with copies of the tensors that went in and came out. The model itself is named ``""``."""

    name: str
    module: nn.Module
    inputs: list[Tensor]
    outputs: list[Tensor]

    @property
    def title(self) -> str:
        """The module as a person would point at it: ``layer1.0.relu (ReLU)``."""
        kind = type(self.module).__name__
        return f"{self.name} ({kind})" if self.name else kind


@contextlib.contextmanager
def recorded(model: nn.Module) -> Iterator[list[Call]]:
    """Record the calls of all modules of ``model`` in the order in which they return, inner before outer."""
    calls: list[Call] = []
    handles = []
    pending: list[list[Tensor]] = []

    def before(module: nn.Module, args: Any, kwargs: Any) -> None:
        pending.append(_copies((args, kwargs)))

    def after(name: str) -> Callable[..., None]:
        def hook(module: nn.Module, args: Any, kwargs: Any, output: Any) -> None:
            calls.append(Call(name, module, pending.pop(), _copies(output)))

        return hook

    try:
        for name, module in model.named_modules():
            handles.append(module.register_forward_pre_hook(before, with_kwargs=True, prepend=True))
            handles.append(module.register_forward_hook(after(name), with_kwargs=True))
        yield calls
    finally:
        for handle in handles:
            handle.remove()


def record(model: nn.Module, run: Callable[[], object]) -> list[Call]:
    """The calls of ``model``'s modules while ``run`` runs, without gradients."""
    with recorded(model) as calls, torch.no_grad():
        run()
    return calls


def first_to_differ(first: list[Call], second: list[Call], same: Callable[[Tensor, Tensor], bool]) -> Call | None:
    """The innermost module that gave different outputs for the same inputs in two recordings."""
    for one, two in zip(first, second, strict=False):
        if one.name != two.name:
            return one
        if all_same(one.inputs, two.inputs, same) and not all_same(one.outputs, two.outputs, same):
            return one
    return None


def all_same(first: list[Tensor], second: list[Tensor], same: Callable[[Tensor, Tensor], bool]) -> bool:
    """Whether two lists of tensors agree pair by pair."""
    return len(first) == len(second) and all(
        one.shape == two.shape and same(one, two) for one, two in zip(first, second, strict=True)
    )


def _copies(value: Any) -> list[Tensor]:
    return [tensor.detach().clone() for tensor in tensors(value)]
