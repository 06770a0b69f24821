"""What happens inside one forward of a model: which modules run, and which activation functions, wherever called."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.nn.modules import module as module_hooks
from torch.overrides import TorchFunctionMode

from .hooks import Guard, Hook

RECTIFIER, TANH, SIGMOID, SOFTMAX = "relu", "tanh", "sigmoid", "softmax"

_KINDS: dict[Any, str] = {
    F.relu: RECTIFIER,
    F.relu_: RECTIFIER,
    F.relu6: RECTIFIER,
    F.threshold: RECTIFIER,
    torch.relu: RECTIFIER,
    torch.relu_: RECTIFIER,
    torch.Tensor.relu: RECTIFIER,
    torch.Tensor.relu_: RECTIFIER,
    F.tanh: TANH,
    torch.tanh: TANH,
    torch.Tensor.tanh: TANH,
    torch.Tensor.tanh_: TANH,
    F.sigmoid: SIGMOID,
    torch.sigmoid: SIGMOID,
    torch.Tensor.sigmoid: SIGMOID,
    torch.Tensor.sigmoid_: SIGMOID,
    F.softmax: SOFTMAX,
    torch.softmax: SOFTMAX,
    torch.Tensor.softmax: SOFTMAX,
}
_DROPOUTS = frozenset(
    (F.dropout, F.dropout1d, F.dropout2d, F.dropout3d, F.alpha_dropout, F.feature_alpha_dropout, torch.dropout)
)

Activation = Callable[[str, int, str, Tensor, bool], None]


class ForwardWatch(TorchFunctionMode):
    """Between :meth:`open` and :meth:`close`, reports every activation function and dropout that runs.

    ``on_activation`` gets the module's name, the number of the call in it, the kind, the output, and whether the units
    lie in the last axis (after a linear layer) instead of the second. ``on_dropout`` gets the module's name where a
    functional dropout is on. The names of the modules that ran are in ``called``. Nothing is left on the modules.
    """

    def __init__(
        self, names: dict[int, str], on_activation: Activation, on_dropout: Callable[[str], None], guard: Guard
    ) -> None:
        super().__init__()
        self._guard = guard
        self._names = names
        self._on_activation = on_activation
        self._on_dropout = on_dropout
        self._stack: list[str] = []
        self._calls: dict[tuple[str, str], int] = {}
        self._units_last = False
        self._undo: list[Callable[[], None]] = []
        self.called: set[str] = set()

    @property
    def is_open(self) -> bool:
        """Whether it is watching now."""
        return bool(self._undo)

    def open(self) -> None:
        """Begin to watch."""
        before, after = Hook(self._enter), Hook(self._leave)
        self._undo = [
            module_hooks.register_module_forward_pre_hook(before).remove,
            module_hooks.register_module_forward_hook(after, always_call=True).remove,
        ]
        self.__enter__()  # type: ignore[no-untyped-call]

    def close(self) -> None:
        """Stop watching; harmless where it does not."""
        if not self._undo:
            return
        self.__exit__(None, None, None)  # type: ignore[no-untyped-call]
        for undo in self._undo:
            undo()
        self._undo = []
        self._stack.clear()
        self._calls.clear()

    def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        output = func(*args, **(kwargs or {}))
        kind = _KINDS.get(func)
        if kind is not None and isinstance(output, Tensor):
            self._guard.run(self._activated, kind, output)
        elif func in _DROPOUTS and _drops(args, kwargs or {}):
            self._guard.run(self._on_dropout, self._here())
        return output

    def _activated(self, kind: str, output: Tensor) -> None:
        here = self._here()
        number = self._calls[here, kind] = self._calls.get((here, kind), 0) + 1
        self._on_activation(here, number, kind, output.detach(), self._units_last)

    def _here(self) -> str:
        return self._stack[-1] if self._stack else ""

    def _enter(self, module: nn.Module, _: Any) -> None:
        name = self._names.get(id(module))
        if name is None:
            name = self._here()
        self._stack.append(name)
        self.called.add(name)

    def _leave(self, module: nn.Module, _: Any, __: Any) -> None:
        if self._stack:
            self._stack.pop()
        if module._parameters:
            self._units_last = isinstance(module, (nn.Linear, nn.LayerNorm, nn.Embedding, nn.MultiheadAttention))


def _drops(args: tuple[Any, ...], kwargs: dict[str, Any]) -> bool:
    rate = kwargs.get("p", args[1] if len(args) > 1 else 0.5)
    training = kwargs.get("training", kwargs.get("train", args[2] if len(args) > 2 else True))
    return bool(training) and isinstance(rate, (int, float)) and rate > 0
