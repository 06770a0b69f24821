"""The samples of one part, loaded once, for the comparisons by content."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from torch import Tensor

from .contents import digest, first_tensor
from .datasets import content_of, length


@dataclass
class Samples:
    """What was loaded of a part: ``positions`` in it, their ``digests``, their ``tensors`` (of those that have one).

    ``problem`` says why the contents cannot be compared; ``random`` that loading a sample twice gives two things.
    """

    name: str
    positions: list[int]
    digests: list[bytes] = field(default_factory=list)
    tensors: list[Tensor | None] = field(default_factory=list)
    problem: str | None = None
    random: bool = False


def load(name: str, dataset: Any, content: Callable[[Any], Any] | None, limit: int, seed: int) -> Samples:
    """Load up to ``limit`` samples of a part, chosen at random where it has more."""
    total = length(dataset)
    positions = list(range(total))
    if total > limit:
        positions = sorted(random.Random(seed).sample(positions, limit))  # noqa: S311 - a sample, no secret
    samples = Samples(name, positions)
    take = content or content_of
    try:
        samples.random = any(digest(take(dataset[i])) != digest(take(dataset[i])) for i in positions[:2])
        if samples.random:
            return samples
        for index in positions:
            value = take(dataset[index])
            samples.digests.append(digest(value))
            samples.tensors.append(first_tensor(value))
    except TypeError as error:
        samples.problem = str(error)
    return samples
