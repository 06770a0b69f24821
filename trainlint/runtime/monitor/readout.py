"""One transfer for all numbers of a measurement: monitors queue tensors, and the device is waited for once."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

Accept = Callable[[list[float]], None]


class Readout:
    """Queue of one-dimensional device tensors and who wants their values."""

    def __init__(self) -> None:
        self._queue: list[tuple[Tensor, Accept]] = []

    def add(self, values: Tensor, accept: Accept) -> None:
        """Hand ``values`` (any shape) to ``accept`` as a flat list of floats at the next :meth:`flush`."""
        self._queue.append((values.detach().reshape(-1), accept))

    def flush(self) -> None:
        """Fetch everything queued in one transfer a device, and hand it out in the order in which it came."""
        queue, self._queue = self._queue, []
        if not queue:
            return
        fetched = _fetch([values for values, _ in queue])
        for (_, accept), values in zip(queue, fetched, strict=True):
            accept(values)

    def clear(self) -> None:
        """Forget what is queued."""
        self._queue.clear()


def _fetch(tensors: list[Tensor]) -> list[list[float]]:
    by_device: dict[torch.device, list[int]] = {}
    for index, tensor in enumerate(tensors):
        by_device.setdefault(tensor.device, []).append(index)
    fetched: list[list[float]] = [[] for _ in tensors]
    for indices in by_device.values():
        flat = torch.cat([tensors[index].float() for index in indices]).tolist()
        start = 0
        for index in indices:
            end = start + tensors[index].numel()
            fetched[index] = flat[start:end]
            start = end
    return fetched
