"""What the objects of a run are called in the trace: one value for each model, optimizer, schedule, scaler and loader."""

from __future__ import annotations

import weakref
from collections.abc import Iterable
from typing import Any

import torch
from torch import Tensor, nn

from trainlint.findings import Place
from trainlint.knowledge import lookup
from trainlint.knowledge.conventions import split_of_name
from trainlint.knowledge.schema import Entry
from trainlint.trace.anatomy import Anatomy, Content, Group
from trainlint.trace.tokens import Source
from trainlint.trace.values import Constant, Data, Library, ListValue, Value

from .stack import Moment

_BATCH_NORM = nn.modules.batchnorm._BatchNorm
_DROPOUT = nn.modules.dropout._DropoutNd
_SPLITS = {"train": "train", "training": "train", "val": "validation", "valid": "validation", "test": "test"}


class Known:
    """Values by object, for as long as the object lives."""

    def __init__(self) -> None:
        self._entries: dict[int, tuple[weakref.ref[Any] | None, Any]] = {}

    def get(self, thing: object) -> Any:
        entry = self._entries.get(id(thing))
        if entry is None or (entry[0] is not None and entry[0]() is not thing):
            return None
        return entry[1]

    def put(self, thing: Any, value: Any) -> Any:
        number = id(thing)

        def forget(gone: object) -> None:
            entry = self._entries.get(number)
            if entry is not None and entry[0] is gone:
                del self._entries[number]

        try:
            reference = weakref.ref(thing, forget)
        except TypeError:
            return value
        self._entries[number] = (reference, value)
        return value


class Numbers:
    """A number for each tensor, never given twice."""

    def __init__(self) -> None:
        self._known, self._next = Known(), 1

    def of(self, tensor: Tensor) -> int:
        number = self._known.get(tensor)
        if number is None:
            number = self._known.put(tensor, self._next)
            self._next += 1
        return -int(number)  # negative: the numbers of values are their addresses


def dotted(kind: type) -> str:
    return f"{kind.__module__}.{kind.__qualname__}"


def rewrapped(model: nn.Module) -> nn.Module:
    """The network in a wrapper of the same parameters (``DataParallel``, ``DDP``, a compiled one)."""
    while type(model).__name__ in {"DataParallel", "DistributedDataParallel", "OptimizedModule"}:
        inner = getattr(model, "_orig_mod", None) or getattr(model, "module", None)
        if not isinstance(inner, nn.Module):
            break
        model = inner
    return model


class Subjects:
    """The values of the objects of a run, and which parameters each of them has."""

    def __init__(self) -> None:
        self.anatomy = Anatomy()
        self._values = Known()
        self._numbers = Numbers()
        self._kept: list[Value] = []

    def _new(self, thing: Any, name: str, entry: Entry, place: Place | None, called: str | None) -> Library:
        value = Library(name, entry, {}, place)
        value.name = called
        self._kept.append(value)
        self._values.put(thing, value)
        return value

    def known(self, thing: object) -> Any:
        return self._values.get(thing)

    def group(self, tensors: Iterable[Tensor]) -> Group:
        return Group(frozenset(self._numbers.of(tensor) for tensor in tensors), False)

    def _belongs(self, value: Value, group: Group, content: Content | None = None) -> None:
        self.anatomy.kept.append(value)
        self.anatomy.groups[id(value)] = group
        if content is not None:
            self.anatomy.contents[id(value)] = content

    def model(self, module: nn.Module) -> Library:
        inner = rewrapped(module)
        known = self._values.get(inner)
        if isinstance(known, Library):
            return known
        value = self._new(inner, dotted(type(inner)), Entry("model"), None, None)
        parts = list(inner.modules())
        content = Content(
            any(isinstance(part, _DROPOUT) or getattr(part, "dropout", 0.0) not in (0, 0.0, None) for part in parts),
            any(isinstance(part, _BATCH_NORM) for part in parts),
        )
        self._belongs(value, self.group(inner.parameters()), content)
        members = {id(value), *(id(self.model(part)) for part in inner.children() if has_parameters(part))}
        for child in inner.children():
            if has_parameters(child):
                members |= {number for number in self.anatomy.group(self.model(child)).members if number > 0}
        own = self.anatomy.groups[id(value)].members
        self.anatomy.groups[id(value)] = Group(own | members, False)
        return value

    def optimizer(self, optimizer: Any, moment: Moment | None = None) -> Library:
        known = self._values.get(optimizer)
        if not isinstance(known, Library):
            entry = _entry(type(optimizer), "optimizer") or Entry("optimizer", traits={"family": "other"})
            known = self._new(optimizer, dotted(type(optimizer)), entry, *_made(moment))
            for key, default in optimizer.defaults.items():
                if isinstance(default, bool | int | float | str | None):
                    known.arguments[key] = Constant(default)
        # Groups of parameters may be added later.
        tensors = [p for group in optimizer.param_groups for p in group["params"] if isinstance(p, Tensor)]
        self._belongs(known, self.group(tensors))
        if tensors and not any(isinstance(tensor, nn.Parameter) for tensor in tensors):
            known.arguments["params"] = ListValue([Data(name="input") for _ in tensors], None, None)
        return known

    def scheduler(self, scheduler: Any, moment: Moment | None = None) -> Library:
        known = self._values.get(scheduler)
        if not isinstance(known, Library):
            entry = _entry(type(scheduler), "scheduler") or Entry("scheduler", traits={"cadence": "any"})
            known = self._new(scheduler, dotted(type(scheduler)), entry, *_made(moment))
            optimizer = getattr(scheduler, "optimizer", None)
            if isinstance(optimizer, torch.optim.Optimizer):
                known.arguments["optimizer"] = self.optimizer(optimizer)
            inner = getattr(scheduler, "_schedulers", None)
            if isinstance(inner, (list, tuple)):
                known.arguments["schedulers"] = ListValue([self.scheduler(part) for part in inner], None, None)
        return known

    def scaler(self, scaler: Any) -> Library:
        known = self._values.get(scaler)
        if not isinstance(known, Library):
            known = self._new(scaler, "torch.amp.GradScaler", Entry("scaler"), None, None)
            known.arguments["enabled"] = Constant(bool(scaler.is_enabled()))
        return known

    def parameters(self, tensors: Iterable[Tensor]) -> Library:
        value = Library("parameters", Entry("parameters"), {}, None)
        self._belongs(value, self.group(tensors))
        return value

    def source(self, loader: Any, moment: Moment | None, name: str | None = None) -> Source:
        """What a loader yields, by the data set's own word, else by the loader's name, else by the name in the loop."""
        known = self._values.get(loader)
        if isinstance(known, Source):
            if known.split == "unknown" and name and split_of_name(name):
                known.split, known.label = str(split_of_name(name)), name
            return known
        place, called = _made(moment)
        told = own_split(getattr(loader, "dataset", None))
        split = told or split_of_name(called) or split_of_name(name) or "unknown"
        label = called or name or type(getattr(loader, "dataset", loader)).__name__
        source = Source(label, place, split, certain=told is not None)
        self._values.put(loader, source)
        return source


def has_parameters(module: nn.Module) -> bool:
    return next(module.parameters(), None) is not None


def own_split(dataset: object) -> str | None:
    """What a data set says of itself, as torchvision's do: by ``train`` or ``split``. A part of one says nothing."""
    flag = getattr(dataset, "train", None)
    if isinstance(flag, bool) and "torchvision" in type(dataset).__module__:
        return "train" if flag else "test"
    split = getattr(dataset, "split", None) or getattr(dataset, "_split", None)
    return _SPLITS.get(split) if isinstance(split, str) else None


def _made(moment: Moment | None) -> tuple[Place | None, str | None]:
    return (None, None) if moment is None else (moment.place, moment.spot.name)


def _entry(kind: type, role: str) -> Entry | None:
    """What is known of a class, or of the nearest class that it derives from."""
    for base in kind.__mro__:
        entry = lookup(dotted(base))
        if entry is not None and entry.role == role:
            return entry
    return None
