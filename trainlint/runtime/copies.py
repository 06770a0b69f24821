"""A copy of a model to work on, so that the model itself stays untouched."""

from __future__ import annotations

import contextlib
import copy
from collections.abc import Iterator

import torch
from torch import nn

from .state import RandomState, Snapshot


def unwrap(model: nn.Module) -> nn.Module:
    """The user's own module inside ``torch.compile``, ``DataParallel`` and ``DistributedDataParallel``."""
    while True:
        if isinstance(model, (nn.DataParallel, nn.parallel.DistributedDataParallel)):
            model = model.module
        elif isinstance(getattr(model, "_orig_mod", None), nn.Module):
            model = model._orig_mod  # type: ignore[assignment]
        else:
            return model


@contextlib.contextmanager
def working_copy(model: nn.Module, *, gradients: bool = False) -> Iterator[nn.Module]:
    """A deep copy of ``model``, unwrapped, without gradients; the random generators are put back afterwards.

    A model that cannot be copied (it holds a lock, an open file, a tensor with a graph) is lent itself, and put back
    from a snapshot. Raises ``ValueError`` for lazy layers that have no shape yet.
    """
    original = unwrap(model)
    for name, parameter in original.named_parameters():
        if isinstance(parameter, nn.parameter.UninitializedParameter):
            raise ValueError(f"{name} is lazy and has no shape yet: run one batch through the model first")
    random_state = RandomState()
    snapshot: Snapshot | None = None
    try:
        with plain_arithmetic(original):
            try:
                duplicate = copy.deepcopy(original)
            except (RuntimeError, TypeError, NotImplementedError):
                snapshot, duplicate = Snapshot(original), original
            if not gradients:
                for parameter in duplicate.parameters():
                    parameter.grad = None
            yield duplicate
    finally:
        if snapshot is not None:
            snapshot.restore()
        random_state.restore()


@contextlib.contextmanager
def plain_arithmetic(model: nn.Module) -> Iterator[None]:
    """Gradients on, inference mode and autocast off, whatever surrounds the check."""
    kinds = {"cpu", *(parameter.device.type for parameter in model.parameters())} - {"meta"}
    with contextlib.ExitStack() as stack:
        stack.enter_context(torch.inference_mode(False))
        stack.enter_context(torch.enable_grad())
        for kind in kinds:
            stack.enter_context(torch.autocast(kind, enabled=False))
        yield
