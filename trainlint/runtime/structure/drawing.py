"""Which random operations a module performs in its forward."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import Any

import torch
from torch import nn
from torch.utils._python_dispatch import TorchDispatchMode

# Draws that take units away: dropout in all its forms, and masks drawn by hand.
DROPPING = frozenset({"bernoulli", "dropout", "native_dropout", "rrelu_with_noise"})


class _Watch(TorchDispatchMode):  # type: ignore[no-untyped-call]
    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.depth = 0
        self.drawn: set[str] = set()

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        if self.depth and torch.Tag.nondeterministic_seeded in func.tags:
            self.drawn.add(func.overloadpacket.__name__.rstrip("_"))
        return func(*args, **(kwargs or {}))


@contextlib.contextmanager
def drawn_by(module: nn.Module) -> Iterator[set[str]]:
    """The names of the random operations (``randn_like``, ``bernoulli``, ...) that ``module`` and its parts perform."""
    watch = _Watch()

    def enter(*_: object) -> None:
        watch.depth += 1

    def leave(*_: object) -> None:
        watch.depth -= 1

    handles = [module.register_forward_pre_hook(enter), module.register_forward_hook(leave)]
    try:
        with watch:
            yield watch.drawn
    finally:
        for handle in handles:
            handle.remove()
