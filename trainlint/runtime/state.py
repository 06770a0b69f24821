"""Put everything back: random generators, and models, optimizers and what hangs on them, bit for bit."""

from __future__ import annotations

import collections
import contextlib
import random
import sys
from collections.abc import Callable, Iterator
from typing import Any

import torch
from torch import nn
from torch.optim.lr_scheduler import LRScheduler

Undo = Callable[[], None]


class RandomState:
    """The state of Python's, numpy's (where it is imported) and torch's global generators, CPU and accelerators."""

    def __init__(self) -> None:
        self._python = random.getstate()
        numpy = sys.modules.get("numpy")
        self._numpy: Any = numpy.random.get_state() if numpy is not None else None
        self._torch = torch.get_rng_state()
        # Asking an accelerator that was never used would start it.
        self._cuda = torch.cuda.get_rng_state_all() if torch.cuda.is_initialized() else []  # type: ignore[no-untyped-call]
        self._mps = torch.mps.get_rng_state() if torch.backends.mps.is_available() else None

    def restore(self) -> None:
        """Set all generators back to where they were."""
        random.setstate(self._python)
        if self._numpy is not None:
            sys.modules["numpy"].random.set_state(self._numpy)
        torch.set_rng_state(self._torch)
        if self._cuda:
            torch.cuda.set_rng_state_all(self._cuda)
        if self._mps is not None:
            torch.mps.set_rng_state(self._mps)


class Snapshot:
    """What ``objects`` hold now, to be put back by :meth:`restore`.

    Modules, optimizers, schedulers, scalers, and the containers, tensors and generators that they hold are followed by
    identity: after ``restore`` the same objects are there with the same contents. That covers parameters, gradients,
    buffers, train and eval modes, ``requires_grad`` flags, hooks, optimizer state, unregistered layers in plain lists,
    and plain attributes such as counters. Anything else is kept by reference.
    """

    def __init__(self, *objects: object) -> None:
        self._undo: list[Undo] = []
        self._seen: dict[int, object] = {}  # holds the objects too, so that an id is never used twice
        self._random = RandomState()
        for value in objects:
            self._capture(value)

    def restore(self) -> None:
        """Put everything back, the random generators last."""
        with torch.no_grad():
            for undo in self._undo:
                undo()
        self._random.restore()

    def _capture(self, value: object) -> None:
        if id(value) in self._seen or isinstance(value, (str, int, float, bool, type(None))):
            return
        self._seen[id(value)] = value
        if isinstance(value, torch.Tensor):
            self._capture_tensor(value)
        elif isinstance(value, torch.Generator):
            state = value.get_state()
            self._undo.append(lambda: _ignore(value.set_state(state)))
        elif isinstance(value, dict):
            self._capture_dict(value)
        elif isinstance(value, (list, set, collections.deque)):
            self._capture_collection(value)
        elif isinstance(value, tuple):
            for entry in value:
                self._capture(entry)
        elif type(value).__module__ == "numpy" and type(value).__name__ == "ndarray":
            self._capture_array(value)
        elif _is_stateful(value):
            self._capture_dict(vars(value))

    def _capture_dict(self, entries: dict[Any, Any]) -> None:
        saved = dict(entries)
        for entry in saved.values():
            self._capture(entry)

        def undo() -> None:
            unchanged = len(entries) == len(saved) and all(
                key is old and entries[key] is saved[old] for key, old in zip(entries, saved, strict=True)
            )
            if not unchanged:
                entries.clear()
                entries.update(saved)

        self._undo.append(undo)

    def _capture_collection(self, entries: Any) -> None:
        saved = list(entries)
        for entry in saved:
            self._capture(entry)

        def undo() -> None:
            entries.clear()
            for entry in saved:
                entries.add(entry) if isinstance(entries, set) else entries.append(entry)

        self._undo.append(undo)

    def _capture_array(self, array: Any) -> None:
        saved = array.copy()

        def undo() -> None:
            if array.flags.writeable:
                array[...] = saved

        self._undo.append(undo)

    def _capture_tensor(self, tensor: torch.Tensor) -> None:
        if tensor.is_meta or nn.parameter.is_lazy(tensor):
            return
        # The alias shares the storage but no version counter: writing through it breaks no graph that is still alive.
        alias, requires_grad, is_leaf = tensor.data, tensor.requires_grad, tensor.is_leaf
        contents = alias.clone()
        grad = tensor.grad if is_leaf else None
        if grad is not None:
            self._capture(grad)
        self._capture(getattr(tensor, "__dict__", None))

        def undo() -> None:
            alias.copy_(contents)
            if tensor.data.data_ptr() != alias.data_ptr() or tensor.dtype != alias.dtype or tensor.shape != alias.shape:
                tensor.data = alias
            if is_leaf:
                tensor.requires_grad_(requires_grad)
                tensor.grad = grad

        self._undo.append(undo)


@contextlib.contextmanager
def preserved(*objects: object) -> Iterator[None]:
    """Leave ``objects`` and the global random generators as they were, also when the body raises."""
    snapshot = Snapshot(*objects)
    try:
        yield
    finally:
        snapshot.restore()


def _is_stateful(value: object) -> bool:
    if isinstance(value, (nn.Module, torch.optim.Optimizer, LRScheduler)):
        return True
    return type(value).__module__.startswith("torch.") and type(value).__name__ in ("GradScaler", "SWALR")


def _ignore(_: object) -> None:
    return None
