"""split_dataset and subset: seeded, stratified, grouped."""

from __future__ import annotations

import random
from collections import Counter, defaultdict
from collections.abc import Callable, Hashable, Mapping, Sequence
from typing import Any, overload

from torch.utils.data import Subset

from .datasets import known_labels, length

Sizes = Sequence[float]
Stratify = bool | Sequence[Any]


@overload
def split_dataset(
    dataset: Any,
    sizes: Mapping[str, float],
    *,
    seed: int,
    stratify: Stratify = ...,
    groups: Sequence[Hashable] | Callable[[int], Hashable] | None = ...,
) -> dict[str, Subset[Any]]: ...


@overload
def split_dataset(
    dataset: Any,
    sizes: Sequence[float],
    *,
    seed: int,
    stratify: Stratify = ...,
    groups: Sequence[Hashable] | Callable[[int], Hashable] | None = ...,
) -> tuple[Subset[Any], ...]: ...


def split_dataset(
    dataset: Any,
    sizes: Sequence[float] | Mapping[str, float],
    *,
    seed: int,
    stratify: Stratify = True,
    groups: Sequence[Hashable] | Callable[[int], Hashable] | None = None,
) -> tuple[Subset[Any], ...] | dict[str, Subset[Any]]:
    """Split ``dataset`` at random into disjoint parts that cover it.

    The parts depend on ``seed``, the sizes and the labels only: no global generator is read or moved.

    Args:
        dataset: a map-style dataset or a sequence.
        sizes: shares that sum to one, or whole numbers that sum to the length: ``(0.8, 0.1, 0.1)``; or a mapping from
            names to them, which gives a mapping from names to parts.
        seed: any whole number. Keep it: another one is another split.
        stratify: keep the proportions of the labels in every part: ``True`` where the dataset holds its labels
            (``targets``, ``labels``, the last of its tensors), ``False``, or one label a sample.
        groups: one key a sample, or a function of the index; samples of one key (a patient, a video) stay together.

    Raises:
        ValueError: the sizes fit neither one nor the length, a part would be empty, or there are fewer groups than
            parts.
    """
    named = list(sizes.items()) if isinstance(sizes, Mapping) else [(str(i), size) for i, size in enumerate(sizes)]
    total = length(dataset)
    counts = _counts([size for _, size in named], total)
    labels = _stratification(dataset, stratify)
    generator = random.Random(seed)  # noqa: S311 - a reproducible split, no secret
    if groups is None:
        parts = _stratified(labels, counts, generator)
    else:
        keys = [groups(index) for index in range(total)] if callable(groups) else list(groups)
        if len(keys) != total:
            raise ValueError(f"{len(keys)} group keys were given for {total} samples")
        parts = _grouped(keys, labels, counts, generator)
    subsets = [Subset(dataset, sorted(part)) for part in parts]
    if isinstance(sizes, Mapping):
        return {name: part for (name, _), part in zip(named, subsets, strict=True)}
    return tuple(subsets)


def subset(dataset: Any, size: float, *, seed: int, stratify: Stratify = True) -> Subset[Any]:
    """A smaller part of ``dataset``, for first experiments: ``size`` samples, or a share below one.

    Labels keep their proportions where they are known (see :func:`split_dataset`).

    Raises:
        ValueError: ``size`` is not positive or larger than the dataset.
    """
    total = length(dataset)
    count = round(size * total) if size < 1 else int(size)
    if not 0 < count <= total:
        raise ValueError(f"a subset of {size} samples cannot be taken from {total}")
    if count == total:
        return Subset(dataset, list(range(total)))
    labels = _stratification(dataset, stratify)
    part = _stratified(labels, [count, total - count], random.Random(seed))[0]  # noqa: S311 - as above
    return Subset(dataset, sorted(part))


def _counts(sizes: Sequence[float], total: int) -> list[int]:
    if not sizes or any(size <= 0 for size in sizes):
        raise ValueError("every part needs a positive size")
    if all(float(size).is_integer() for size in sizes) and sum(sizes) == total:
        return [int(size) for size in sizes]
    if abs(sum(sizes) - 1) > 1e-6:
        raise ValueError(f"sizes must sum to 1 or to the {total} samples, not to {sum(sizes):g}")
    counts = _apportioned(sizes, total)
    if min(counts) == 0:
        raise ValueError(f"{total} samples are too few for parts of {', '.join(f'{size:g}' for size in sizes)}")
    return counts


def _apportioned(shares: Sequence[float], total: int) -> list[int]:
    """Whole numbers in proportion to ``shares`` that sum to ``total``, by largest remainders."""
    exact = [share * total / sum(shares) for share in shares]
    counts = [int(value) for value in exact]
    order = sorted(range(len(shares)), key=lambda part: exact[part] - counts[part], reverse=True)
    for part in order[: total - sum(counts)]:
        counts[part] += 1
    return counts


def _stratification(dataset: Any, stratify: Stratify) -> list[Any]:
    total = length(dataset)
    if stratify is False:
        return [None] * total
    labels = known_labels(dataset) if stratify is True else list(stratify)
    if labels is None or (stratify is True and len(set(labels)) > max(total // 2, 1)):
        return [None] * total  # unknown, or real values, which have no proportions
    if len(labels) != total:
        raise ValueError(f"{len(labels)} labels were given for {total} samples")
    return [label.item() if hasattr(label, "item") else label for label in labels]


def _stratified(labels: Sequence[Any], counts: Sequence[int], generator: random.Random) -> list[list[int]]:
    """Deal the shuffled samples out class by class, each to the part that lags furthest behind its share."""
    by_label: dict[Any, list[int]] = defaultdict(list)
    for index, label in enumerate(labels):
        by_label[label].append(index)
    parts: list[list[int]] = [[] for _ in counts]
    dealt = 0
    for label in sorted(by_label, key=str):
        members = by_label[label]
        generator.shuffle(members)
        for index in members:
            dealt += 1
            lag = [count * dealt / len(labels) - len(part) for count, part in zip(counts, parts, strict=True)]
            parts[lag.index(max(lag))].append(index)
    return parts


def _grouped(
    keys: Sequence[Hashable], labels: Sequence[Any], counts: Sequence[int], generator: random.Random
) -> list[list[int]]:
    """Give whole groups, the largest first, to the part where the labels of the group are most wanted."""
    members: dict[Hashable, list[int]] = defaultdict(list)
    for index, key in enumerate(keys):
        members[key].append(index)
    if len(members) < len(counts):
        raise ValueError(f"{len(members)} groups cannot fill {len(counts)} parts")
    frequency = Counter(labels)
    wanted = [{label: count * n / len(labels) for label, n in frequency.items()} for count in counts]
    parts: list[list[int]] = [[] for _ in counts]
    order = list(members)
    generator.shuffle(order)
    order.sort(key=lambda key: -len(members[key]))
    for position, key in enumerate(order):
        empty = [part for part, held in enumerate(parts) if not held]
        candidates = empty if len(order) - position <= len(empty) else list(range(len(parts)))
        profile = Counter(labels[index] for index in members[key])
        chosen = max(candidates, key=lambda part: _want(wanted[part], profile, counts[part]))
        parts[chosen] += members[key]
        for label, number in profile.items():
            wanted[chosen][label] -= number
    return parts


def _want(wanted: Mapping[Any, float], profile: Mapping[Any, int], size: int) -> float:
    """How much a part would still like a group: what it lacks of the group's labels, relative to the part's size."""
    return sum(wanted[label] * number for label, number in profile.items()) / (size * sum(profile.values()))
