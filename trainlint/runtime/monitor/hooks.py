"""Hooks that belong to one monitor, harm no copy of what they hang on, and leave nothing behind."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor, nn
from torch.optim import Optimizer

Undo = Callable[[], None]


class Guard:
    """Keeps a failure of the monitor out of the training: one warning, and from then on nothing is watched."""

    def __init__(self) -> None:
        self.error: Exception | None = None

    def run(self, function: Callable[..., Any], *arguments: Any) -> Any:
        """What ``function`` returns; ``None`` where it fails, or something failed before."""
        if self.error is not None:
            return None
        try:
            return function(*arguments)
        except Exception as error:
            self.error = error
            reason = f"{type(error).__name__}: {error}".splitlines()[0]
            warnings.warn(f"the training monitor failed and watches no more ({reason})", RuntimeWarning, stacklevel=3)
            return None


class Hook:
    """Calls ``function``, by ``guard`` where there is one.

    Copied or pickled with the module that it hangs on, it becomes a hook that does nothing: an averaged copy of a model
    is not the watched model, and a saved one is loaded without a monitor.
    """

    __slots__ = ("function", "guard")

    def __init__(self, function: Callable[..., Any] | None = None, guard: Guard | None = None) -> None:
        self.function, self.guard = function, guard

    def __call__(self, *arguments: Any) -> Any:
        if self.function is None or torch.compiler.is_compiling():
            return None
        if self.guard is not None:
            return self.guard.run(self.function, *arguments)
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
