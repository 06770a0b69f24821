"""Norms of many tensors in one go, left on the device."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

_HALF = (torch.float16, torch.bfloat16)


def norms(tensors: Sequence[Tensor]) -> Tensor:
    """The Euclidean norms of ``tensors`` as one vector on the first one's device; halves are summed in single."""
    half = any(tensor.dtype in _HALF for tensor in tensors)
    mixed = half and any(tensor.dtype not in _HALF for tensor in tensors)
    entries = [tensor.float() if mixed else tensor for tensor in tensors]
    values = torch._foreach_norm(entries, 2, dtype=torch.float32 if half else None)
    home = values[0]
    return torch.stack([value.to(home.device, home.dtype, non_blocking=True) for value in values])
