"""What a dataset says about itself without loading its samples: its base, its indices, its labels, its files."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import torch
from torch.utils.data import ConcatDataset, Subset, TensorDataset

LABEL_ATTRIBUTES = ("targets", "labels", "y", "_labels")
LABEL_KEYS = ("label", "labels", "target", "targets", "y")
Labels = Sequence[Any] | Callable[[Any], Any] | None


def length(dataset: Any) -> int:
    """The number of samples. Raises ``TypeError`` for data without one (an iterable dataset)."""
    try:
        return len(dataset)
    except TypeError:
        raise TypeError(f"{type(dataset).__name__} has no length: parts must be map-style datasets") from None


def resolved(dataset: Any) -> tuple[Any, list[int]]:
    """The dataset under all :class:`~torch.utils.data.Subset` layers, and the indices into it."""
    indices = list(range(length(dataset)))
    while isinstance(dataset, Subset):
        indices = [int(dataset.indices[index]) for index in indices]
        dataset = dataset.dataset
    return dataset, indices


def known_labels(dataset: Any) -> list[Any] | None:
    """The labels of all samples where the dataset holds them beside the samples; ``None`` where it does not."""
    base, indices = resolved(dataset)
    if isinstance(base, ConcatDataset):
        parts = [known_labels(part) for part in base.datasets]
        joined = [label for part in parts if part is not None for label in part]
        return [joined[index] for index in indices] if all(part is not None for part in parts) else None
    column = _column(base)
    if column is None:
        return None
    values = [_plain(column[index]) for index in indices]
    return values if all(isinstance(value, (int, float, str, bool)) for value in values) else None


def labels_of(dataset: Any, labels: Labels) -> list[Any] | None:
    """The labels by ``labels`` (one per sample, or a function of a sample), else as the dataset knows them, else from
    the samples' second place or label key; ``None`` where a sample shows none."""
    if callable(labels):
        return [_plain(labels(dataset[index])) for index in range(length(dataset))]
    if labels is not None:
        if len(labels) != length(dataset):
            raise ValueError(f"{len(labels)} labels were given for {length(dataset)} samples")
        return [_plain(label) for label in labels]
    known = known_labels(dataset)
    if known is not None or not length(dataset):
        return known
    values = []
    for index in range(length(dataset)):
        value = _plain(_label_in(dataset[index]))
        if not isinstance(value, (int, float, str, bool)):
            return None
        values.append(value)
    return values


def content_of(item: Any) -> Any:
    """A sample without its label: the first place of a pair, a mapping without its label keys."""
    if isinstance(item, dict):
        return {key: value for key, value in item.items() if key not in LABEL_KEYS}
    if isinstance(item, (tuple, list)) and len(item) == 2:
        return item[0]
    if isinstance(item, tuple) and len(item) > 2:
        return item[:-1]
    return item


def files_of(dataset: Any) -> list[str] | None:
    """The file of every sample, for datasets that list them (torchvision's folders)."""
    base, indices = resolved(dataset)
    listed = getattr(base, "samples", None) or getattr(base, "imgs", None)
    if not isinstance(listed, list) or len(listed) != length(base):
        return None
    paths = [entry[0] if isinstance(entry, tuple) else entry for entry in listed]
    return [paths[index] for index in indices] if all(isinstance(path, str) for path in paths) else None


def _label_in(item: Any) -> Any:
    if isinstance(item, dict):
        return next((item[key] for key in LABEL_KEYS if key in item), None)
    return item[-1] if isinstance(item, (tuple, list)) and len(item) > 1 else None


def _column(base: Any) -> Any:
    if isinstance(base, TensorDataset) and len(base.tensors) > 1:
        return base.tensors[-1].tolist() if base.tensors[-1].dim() == 1 else None
    for name in LABEL_ATTRIBUTES:
        column = getattr(base, name, None)
        if column is not None and hasattr(column, "__len__") and len(column) == length(base):
            return column.tolist() if hasattr(column, "tolist") else column
    names = getattr(base, "column_names", None)  # Hugging Face datasets
    if isinstance(names, list):
        return next((base[key] for key in LABEL_KEYS if key in names), None)
    return None


def _plain(value: Any) -> Any:
    if isinstance(value, torch.Tensor) or hasattr(value, "tolist"):
        return value.tolist()
    return value
