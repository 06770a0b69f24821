"""A handful of samples that differ: taken evenly from a batch, and from its classes in turn."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from trainlint.runtime.batches import batch_size, take, tensors


def few_samples(inputs: Any, targets: Any, count: int) -> tuple[Any, Any]:
    """``count`` samples of the batch, or all where it has fewer or no common leading axis."""
    length = batch_size(inputs)
    if length is None or length <= count:
        return inputs, targets
    chosen = torch.tensor(_by_class(targets, length, count) or _evenly(length, count))
    return take(inputs, chosen, length), take(targets, chosen, length)


def _evenly(length: int, count: int) -> list[int]:
    return [position * length // count for position in range(count)]


def _by_class(targets: Any, length: int, count: int) -> list[int]:
    if not isinstance(targets, Tensor) or targets.is_floating_point() or targets.shape != (length,):
        return []
    queues: dict[int, list[int]] = {}
    for position, label in enumerate(targets.tolist()):
        queues.setdefault(label, []).append(position)
    chosen: list[int] = []
    while len(chosen) < count:
        for queue in queues.values():
            if queue and len(chosen) < count:
                chosen.append(queue.pop(0))
    return sorted(chosen)


def contradiction(inputs: Any, targets: Any) -> tuple[int, int] | None:
    """Two samples with equal inputs and different targets, which nothing can fit; ``None`` where there are none."""
    length = batch_size(inputs)
    if length is None or not isinstance(targets, Tensor) or not targets.dim() or len(targets) != length:
        return None
    rows = [tensor.detach().reshape(length, -1) for tensor in tensors(inputs)]
    for first in range(length):
        for second in range(first):
            same = all(torch.equal(row[first], row[second]) for row in rows)
            if same and not torch.equal(targets[first], targets[second]):
                return second, first
    return None
