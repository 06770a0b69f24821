"""Parts of a trained network whose parameters no optimizer has, although nothing says that they should stay as they are."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from trainlint.facts import ir
from trainlint.knowledge import lookup
from trainlint.trace.anatomy import Group, bare, joined
from trainlint.trace.callables import names_in
from trainlint.trace.events import (
    AttributeSet,
    Escaped,
    FrameworkFit,
    Frozen,
    Loaded,
    Made,
    ParametersGiven,
    ParametersWritten,
)
from trainlint.trace.merge import options_of
from trainlint.trace.sequence import optimizer_of
from trainlint.trace.values import Instance, Library, ListValue, TupleValue, Value
from trainlint.trace.view import Run, Training

# What a forward pass names that keeps gradients from a part.
_CUTTING = frozenset({"no_grad", "detach", "detach_", "inference_mode", "set_grad_enabled"})


class LeftOut(msgspec.Struct, frozen=True):
    """An ``optimizer`` of one part of a ``network``, and the ``parts`` by name that neither it nor another one has."""

    optimizer: Library
    network: Value
    parts: tuple[tuple[str, Value], ...]


def left_out(run: Run) -> Iterator[LeftOut]:
    """Optimizers of a part of a network that learns as a whole, with the parts that nothing updates."""
    made = [bare(event.thing) for event in run.of(Made) if event.role == "optimizer"]
    if not made or not run.complete or run.of(ParametersGiven) or _is_extended_later(run):
        return
    groups = [run.anatomy.group(optimizer) for optimizer in made]
    if any(group.open for group in groups):
        return
    held = joined(groups)
    for training in run.trainings:
        for optimizer in made:
            if isinstance(optimizer, Library) and any(optimizer_of(step) is optimizer for step in training.steps):
                yield from _of_optimizer(run, training, optimizer, held)


def _is_extended_later(run: Run) -> bool:
    """Whether a callback of the framework gives the optimizer further parameters in the course of the training."""
    for event in run.of(FrameworkFit):
        trainer = bare(event.framework)
        callbacks = trainer.arguments.get("callbacks") if isinstance(trainer, Library) else None
        listed = callbacks.items if isinstance(callbacks, ListValue) else [callbacks]
        if any(_unfreezes(option) for item in listed for option in options_of(item)):
            return True
    return False


def _unfreezes(callback: Value) -> bool:
    if isinstance(callback, Instance):
        entries = [lookup(base) for base in callback.cls.external_bases()]
        return any(entry is not None and entry.traits.get("kind") == "finetuning" for entry in entries)
    return isinstance(callback, Library) and callback.trait("kind") == "finetuning"


def _of_optimizer(run: Run, training: Training, optimizer: Library, held: Group) -> Iterator[LeftOut]:
    mine = run.anatomy.group(optimizer)
    for model in map(bare, training.models):
        group = run.anatomy.group(model)
        if group.open or id(model) in held.members or not mine.members & group.members or _has_past(run, model):
            continue
        parts = [(name, part) for name, part in _parts(run, model) if _is_forgotten(run, part, held)]
        if parts:
            yield LeftOut(optimizer, model, tuple(parts))
            return


def _parts(run: Run, model: Value) -> list[tuple[str, Value]]:
    """The parts of a network by name, as far as its forward pass uses them with gradients."""
    if isinstance(model, Library):
        children = model.arguments.get("*")
        if model.role != "container" or not isinstance(children, TupleValue):
            return []
        return [(str(number), bare(child)) for number, child in enumerate(children.elements)]
    if not isinstance(model, Instance):
        return []
    used = _names_in_forward(model)
    found: dict[str, Value] = {}
    for event in run.of(AttributeSet):
        if bare(event.owner) is model and event.attribute in used:
            found[event.attribute] = bare(event.value)
    return list(found.items())


def _names_in_forward(model: Instance) -> set[str]:
    for cls in model.cls.lineage():
        for item in cls.node.body:
            if isinstance(item, ir.FunctionDef) and item.name == "forward":
                names = set(names_in(item.body))
                return set() if names & _CUTTING else names
    return set()


def _has_past(run: Run, model: Value) -> bool:
    """Whether a network, or a part of it, was learnt before, is frozen, is written by hand, or reaches unknown code."""
    members = run.anatomy.group(model).members
    for event in run.among(Loaded, Frozen, ParametersWritten, Escaped, Made):
        if isinstance(event, Loaded) and event.into is not None:
            touched: tuple[Value, ...] = (event.into,)
        elif isinstance(event, Frozen | ParametersWritten):
            touched = (event.of,)
        elif isinstance(event, Escaped):
            touched = event.values
        elif isinstance(event, Made) and event.role in ("model", "copy"):
            touched = (event.thing,)
        else:
            continue
        if any(id(bare(value)) in members or run.anatomy.within(model, value) for value in touched):
            return True
    return False


def _is_forgotten(run: Run, part: Value, held: Group) -> bool:
    """Whether a part has layers that learn, and no optimizer has any of them."""
    group = run.anatomy.group(part)
    if group.open or group.members & held.members:
        return False
    layers = (bare(event.thing) for event in run.of(Made))
    return any(isinstance(layer, Library) and layer.entry.learns for layer in layers if id(layer) in group.members)
