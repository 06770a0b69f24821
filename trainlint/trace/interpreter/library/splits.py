"""What constructor arguments tell about a dataset's split."""

from __future__ import annotations

import re
from collections.abc import Mapping

from trainlint.knowledge.conventions import split_of_name, split_of_path
from trainlint.knowledge.schema import Entry
from trainlint.trace.interpreter.machine import Arguments
from trainlint.trace.values import Constant, Data, Kind, Value

FLAGS = frozenset({"train", "is_train", "training", "is_training", "train_mode", "istrain"})
DEVICES = frozenset({"device", "dev", "gpu"})
SPLIT_WORDS = frozenset(
    "split mode phase set subset partition fold part kind stage image_set type_ dataset_type set_name flag set_type data_type"
    " split_name usage which".split()
)


def split_of_entry(entry: Entry, bound: Mapping[str, Value]) -> tuple[str | None, bool]:
    """The split that a known dataset's constructor says, and whether it is certain."""
    fixed = entry.traits.get("split")
    if fixed:
        return str(fixed), True
    param = entry.traits.get("split_param")
    if param is not None:
        value = bound.get(param)
        default = entry.defaults.get(param)
        constant = value.value if isinstance(value, Constant) else default if value is None else None
        splits: Mapping[object, str] = entry.traits.get("splits", {})
        if constant in splits:
            return splits[constant], True
        if isinstance(constant, str) and (named := split_of_name(constant)):
            return named, True
        if value is not None and constant is None:
            return None, False
        if "*" in splits and constant is not None:
            return splits["*"], True
    root = entry.traits.get("root")
    if root is not None and root in bound:
        split = path_split(bound[root])
        return split, split is not None
    return None, False


def path_split(value: Value) -> str | None:
    """The split that a path tells by its words."""
    text = text_of(value)
    return split_of_path(text) if text else None


def text_of(value: Value) -> str | None:
    """A string, or its known part with ``{}`` for the rest."""
    if isinstance(value, Constant) and isinstance(value.value, str):
        return value.value
    if isinstance(value, Data) and value.kind is Kind.TEXT:
        return value.origin
    return None


def split_of_arguments(bound: Mapping[str, Value], given: Arguments) -> tuple[str | None, bool]:
    """The split that the arguments of an unknown dataset class tell: flags, words, paths, in this order."""
    for name, value in bound.items():
        if name.lower() in FLAGS and isinstance(value, Constant) and value.value is True:
            return "train", True
    for name, value in bound.items():
        text = text_of(value)
        if text and (name in SPLIT_WORDS or not _pathlike(text)):
            split = split_of_name(text)
            if split is not None and len(text) <= 24:
                return split, True
    weak = None
    for value in (*bound.values(), *given.all()):
        split = path_split(value)
        if split is not None and not _is_weak(text_of(value) or ""):
            return split, True
        weak = weak or split
    for name, value in bound.items():
        if name.lower() in FLAGS and isinstance(value, Constant) and value.value is False:
            # Held out, but for validation or for test: its name decides.
            return None, False
    devices = [id(value) for name, value in bound.items() if name in DEVICES]
    for value in given.all():
        if id(value) in devices:
            # `device=dev` is no development set.
            continue
        if isinstance(value, Data) and value.kind in (Kind.UNKNOWN, Kind.TEXT) and not value.tokens and value.name:
            split = split_of_name(value.name)
            if split is not None:
                return split, False
    return weak, False


def _is_weak(path: str) -> bool:
    """Whether a path says no more than evaluation (``images_evaluation``): of validation or of test data."""
    return not any(split_of_path(part) for part in _WORDS.findall(path) if "eval" not in part.lower())


_WORDS = re.compile(r"[A-Za-z]+")


def _pathlike(text: str) -> bool:
    return "/" in text or "." in text or "\\" in text
