"""Schedule-free optimizers, which keep two sets of weights, and which of them stand in the network when it is measured or saved."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from trainlint.facts import ir
from trainlint.findings import Place
from trainlint.trace.anatomy import bare
from trainlint.trace.events import Escaped, Event, LoopKind, Made, ModeSwitch, Saved
from trainlint.trace.sequence import is_keeper, optimizer_of
from trainlint.trace.values import Instance, Library, Value
from trainlint.trace.view import Run, Training


class Misplaced(msgspec.Struct, frozen=True):
    """Something that is done with the wrong weights: at a ``place``, ``what`` being evaluated or saved."""

    optimizer: Library | Instance
    place: Place
    what: str


def misplaced(run: Run) -> Iterator[Misplaced]:
    """What is measured, or else saved, while a schedule-free optimizer has its training weights in the network."""
    found = [bare(event.thing) for event in run.of(Made) if event.role == "optimizer" and not event.offered]
    optimizers = [thing for thing in found if isinstance(thing, Library | Instance) and has_modes(thing)]
    if not optimizers or not run.complete:
        return
    for training in run.trainings:
        for optimizer in optimizers:
            if training.loop.kind is not LoopKind.FRAMEWORK and not _escapes(run, optimizer):
                yield from _first(run, training, optimizer)


def has_modes(optimizer: Library | Instance) -> bool:
    """Whether an optimizer must be told to train and to evaluate; one of the project's own has methods for it."""
    if isinstance(optimizer, Instance):
        bodies = (cls.node.body for cls in optimizer.cls.lineage())
        own = {item.name for body in bodies for item in body if isinstance(item, ir.FunctionDef)}
        return "optimizer" in optimizer.kinds and {"train", "eval"} <= own
    return bool(optimizer.trait("schedule_free")) and optimizer.trait("modes") is not False


def _escapes(run: Run, optimizer: Value) -> bool:
    """Whether unknown code is given the optimizer, or an object that may hold it."""
    return any(value is optimizer or is_keeper(value) for event in run.of(Escaped) for value in map(bare, event.values))


def _first(run: Run, training: Training, optimizer: Library | Instance) -> Iterator[Misplaced]:
    steps = [step for step in training.steps if optimizer_of(step) is optimizer and not step.offered]
    if not steps:
        return
    switches = [event for event in run.of(ModeSwitch) if bare(event.model) is optimizer]
    group = run.anatomy.group(optimizer)
    for evaluation in training.evaluations:
        forward = evaluation.forward
        is_mine = forward is not None and run.anatomy.group(forward.model).meets(group) is not False
        if is_mine and evaluation.event.order > steps[0].order and not evaluation.event.offered:
            if _is_in_training(switches, evaluation.event):
                yield Misplaced(optimizer, evaluation.place_in(training.loop), "evaluated")
                return
    for saved in run.of(Saved):
        if saved.order > steps[0].order and not saved.offered and saved.holds & {"state", "model"}:
            if _is_in_training(switches, saved):
                yield Misplaced(optimizer, saved.place, "saved")
                return


def _is_in_training(switches: list[ModeSwitch], event: Event) -> bool:
    """Whether the optimizer's last switch before an event is not to evaluation."""
    before = [switch for switch in switches if switch.order < event.order and switch.compatible(event)]
    return not before or before[-1].mode == "train"
