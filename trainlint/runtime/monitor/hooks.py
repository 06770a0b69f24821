"""Hooks that belong to one monitor, harm no copy of what they hang on, and leave nothing behind."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor, nn
from torch.optim import Optimizer

Undo = Callable[[], None]


class Hook:
    """Calls ``function``. Copied or pickled with the module that it hangs on, it becomes a hook that does nothing:
    an averaged copy of a model is not the watched model, and a saved one is loaded without a monitor."""

    __slots__ = ("function",)

    def __init__(self, function: Callable[..., Any] | None = None) -> None:
        self.function = function

    def __call__(self, *arguments: Any) -> Any:
        if self.function is None or torch.compiler.is_compiling():
            return None
        return self.function(*arguments)

    def __deepcopy__(self, memo: dict[int, Any]) -> Hook:
        return Hook()

    def __reduce__(self) -> tuple[type[Hook], tuple[()]]:
        return Hook, ()


class Handles:
    """Registered hooks, to be removed together."""

    def __init__(self) -> None:
        self._undo: list[Undo] = []

    def before_forward(self, module: nn.Module, hook: Hook) -> None:
        """``hook`` gets (module, args, kwargs)."""
        self._undo.append(module.register_forward_pre_hook(hook, with_kwargs=True).remove)

    def after_forward(self, module: nn.Module, hook: Hook) -> None:
        """``hook`` gets (module, args, output), also where the forward raises."""
        self._undo.append(module.register_forward_hook(hook, always_call=True).remove)

    def before_step(self, optimizer: Optimizer, hook: Hook) -> None:
        """``hook`` gets (optimizer, args, kwargs); what it returns replaces the last two."""
        self._undo.append(optimizer.register_step_pre_hook(hook).remove)

    def after_step(self, optimizer: Optimizer, hook: Hook) -> None:
        """``hook`` gets (optimizer, args, kwargs)."""
        self._undo.append(optimizer.register_step_post_hook(hook).remove)

    def before_accumulation(self, tensor: Tensor, hook: Hook) -> None:
        """``hook`` gets each gradient that arrives at the leaf ``tensor``, before it is accumulated."""
        handle = tensor.register_hook(hook)  # type: ignore[no-untyped-call]
        self._undo.append(lambda: _remove(handle, tensor, "_backward_hooks"))

    def after_accumulation(self, tensor: Tensor, hook: Hook) -> None:
        """``hook`` gets the leaf ``tensor`` after each accumulation into its gradient."""
        handle = tensor.register_post_accumulate_grad_hook(hook)  # type: ignore[no-untyped-call]
        self._undo.append(lambda: _remove(handle, tensor, "_post_accumulate_grad_hooks"))

    def remove(self) -> None:
        """Remove all hooks, last first."""
        while self._undo:
            self._undo.pop()()


def _remove(handle: Any, tensor: Tensor, attribute: str) -> None:
    handle.remove()
    if not getattr(tensor, attribute):  # torch leaves an empty dictionary where there was nothing
        setattr(tensor, attribute, None)
