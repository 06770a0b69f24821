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

    def add_forward_hooks(self, module: nn.Module, before: Hook, after: Hook) -> None:
        """``before`` gets (module, args, kwargs), ``after`` (module, args, output), also where the forward raises."""
        self._undo.append(module.register_forward_pre_hook(before, with_kwargs=True).remove)
        self._undo.append(module.register_forward_hook(after, always_call=True).remove)

    def add_step_hooks(self, optimizer: Optimizer, before: Hook, after: Hook) -> None:
        """Both get (optimizer, args, kwargs); what ``before`` returns replaces the last two."""
        self._undo.append(optimizer.register_step_pre_hook(before).remove)
        self._undo.append(optimizer.register_step_post_hook(after).remove)

    def add_tensor_hook(self, tensor: Tensor, hook: Hook) -> None:
        """``hook`` gets each gradient that arrives at the leaf ``tensor``, before it is accumulated."""
        handle = tensor.register_hook(hook)  # type: ignore[no-untyped-call]
        self._undo.append(lambda: _remove(handle, tensor, "_backward_hooks"))

    def add_accumulation_hook(self, tensor: Tensor, hook: Hook) -> None:
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
