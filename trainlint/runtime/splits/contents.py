"""Samples as digests, to find equal ones, and as vectors, to find ones that are nearly equal."""

from __future__ import annotations

import ctypes
import hashlib
from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional

# Images are compared as gray pictures of so many pixels a side, which survives resizing and compression.
THUMBNAIL = 16
SMALLEST_IMAGE = 8


def digest(value: Any) -> bytes:
    """A digest of a sample's content: equal values give equal digests, whatever float type they are stored in.

    Raises ``TypeError`` for objects without a known content.
    """
    state = hashlib.blake2b(digest_size=16)
    _feed(state, value)
    return state.digest()


def _feed(state: Any, value: Any) -> None:
    tensor = as_tensor(value)
    if tensor is not None:
        _feed_tensor(state, tensor)
    elif value is None or isinstance(value, (str, bytes, int, float, bool)):
        state.update(repr(value).encode("utf-8", "surrogatepass"))
    elif isinstance(value, Mapping):
        for key in sorted(value, key=str):
            state.update(str(key).encode())
            _feed(state, value[key])
    elif isinstance(value, (tuple, list)):
        state.update(b"(")
        for entry in value:
            _feed(state, entry)
        state.update(b")")
    else:
        raise TypeError(f"a {type(value).__name__} cannot be compared by content: pass content= to say what of it can")


def _feed_tensor(state: Any, tensor: Tensor) -> None:
    plain = tensor.detach().cpu()
    plain = plain.to_dense() if plain.layout is not torch.strided else plain
    plain = plain.float() if plain.is_floating_point() else plain
    plain = plain.contiguous()
    state.update(str(tuple(plain.shape)).encode())
    if plain.numel():
        state.update(ctypes.string_at(plain.data_ptr(), plain.numel() * plain.element_size()))


def as_tensor(value: Any) -> Tensor | None:
    """Tensors, numpy arrays and PIL images as tensors (images as height, width, channels); ``None`` for others."""
    if isinstance(value, Tensor):
        return value
    kind = type(value).__module__.partition(".")[0]
    if kind == "numpy" and hasattr(value, "dtype") and value.dtype.kind in "biuf":
        return torch.as_tensor(value.copy() if hasattr(value, "copy") else value)
    if kind == "PIL" and hasattr(value, "tobytes"):
        image = value.convert("RGB")
        pixels = torch.frombuffer(bytearray(image.tobytes()), dtype=torch.uint8)
        return pixels.reshape(image.height, image.width, 3)
    return None


def first_tensor(value: Any) -> Tensor | None:
    """The one tensor-like thing in a sample that near duplicates are looked for in."""
    tensor = as_tensor(value)
    if tensor is not None:
        return tensor if tensor.dim() and tensor.numel() > 1 else None
    entries = value.values() if isinstance(value, Mapping) else value if isinstance(value, (tuple, list)) else ()
    return next((found for entry in entries if (found := first_tensor(entry)) is not None), None)


def is_image(tensor: Tensor) -> bool:
    """Whether a sample has two axes of a picture's size, apart from channels first or last."""
    if tensor.dim() == 3:
        height, width = (tensor.shape[0], tensor.shape[1]) if tensor.shape[2] <= 4 else tuple(tensor.shape[1:])
        return min(height, width) >= SMALLEST_IMAGE
    return tensor.dim() == 2 and min(tensor.shape) >= SMALLEST_IMAGE


def picture(tensor: Tensor) -> Tensor:
    """A gray thumbnail as a vector of zero mean and unit length."""
    image = tensor.detach().cpu().float()
    if image.dim() == 3:
        image = image.mean(2) if image.shape[2] <= 4 else image.mean(0)
    side = min(THUMBNAIL, *image.shape)
    small = functional.adaptive_avg_pool2d(image[None, None], side).reshape(-1)
    centred = small - small.mean()
    length: Tensor = centred.norm().clamp_min(1e-12)
    return centred / length
