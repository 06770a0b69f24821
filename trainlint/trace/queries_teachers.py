"""Networks that only give targets (teachers, target and reference networks), and the mode that they do it in."""

from __future__ import annotations

import re
from collections.abc import Iterator

import msgspec

from trainlint.findings import Place
from trainlint.trace.anatomy import bare, is_optimizer
from trainlint.trace.events import (
    Escaped,
    Forward,
    Frozen,
    Loaded,
    LossComputed,
    Made,
    ModeSwitch,
    ParametersWritten,
)
from trainlint.trace.merge import models_of
from trainlint.trace.tokens import HELD_OUT, models, sources
from trainlint.trace.values import Instance, Library, Value
from trainlint.trace.view import Run, Training

_TEACHER = re.compile(r"teacher|target|reference|(?:^|_)ref(?:_|$)|(?:^|_)old(?:_|$)", re.I)
# What is averaged over the steps of its student runs in train mode by convention (mean teacher, MoCo, BYOL, DINO).
_AVERAGED = re.compile(r"ema|moment|mean|(?:_|encoder)k$|(?:^|_)key|averag|shadow|dropout|uncertain|bayes", re.I)


class Teaching(msgspec.Struct, frozen=True):
    """A pass of a teacher in train mode, and the ``train()`` of what holds it that put it there."""

    teacher: Value
    forward: Forward
    switch: ModeSwitch | None

    @property
    def place(self) -> Place:
        return self.switch.place if self.switch is not None else self.forward.place


def teachers_in_train_mode(run: Run) -> Iterator[Teaching]:
    """The passes of teachers with dropout or batch norm that a training is given its targets by, in train mode."""
    without = [event for event in run.of(Forward) if event.mode == "train" and not event.offered]
    if not without or (not any(event.gradients is False for event in without) and not run.of(Frozen)):
        return
    for training in run.partial_trainings:
        seen: set[int] = set()
        for forward in training.of(Forward):
            teacher = bare(forward.model)
            if forward.mode != "train" or forward.offered or id(teacher) in seen:
                continue
            content = run.anatomy.content(teacher)
            seen.add(id(teacher))
            if not (content.dropout is True or content.batch_norm is True) or not _only_teaches(run, training, teacher):
                continue
            switch = _switch(run, teacher, forward)
            if switch is not None and (switch.offered or switch.mode != "train" or bare(switch.model) is teacher):
                continue
            if not _hidden(run, teacher, switch, forward):
                yield Teaching(teacher, forward, switch)


def _only_teaches(run: Run, training: Training, teacher: Value) -> bool:
    """Whether nothing updates a network, and what it gives is what the loss compares with."""
    place = training.batch_loop.place
    passes = [
        event
        for event in training.of(Forward)
        if bare(event.model) is teacher and any(frame.loop.place == place for frame in event.frames)
    ]
    frozen = any(event.frozen and bare(event.of) is teacher for event in run.of(Frozen))
    if not passes or (not frozen and any(event.gradients is not False for event in passes)):
        return False
    if any(source.split in HELD_OUT for event in passes for source in sources(event.tokens)):
        return False
    if any(event.frozen is not True and bare(event.of) is teacher for event in run.of(Frozen)):
        return False
    if _is_averaged(run, teacher) or _feeds_others(training, teacher) or _feeds_predictions(training, teacher):
        return False
    return _gives_targets(training, teacher) or _is_taken_for_one(run, training, teacher)


def _is_averaged(run: Run, teacher: Value) -> bool:
    """Whether the program writes its parameters, or its name says that it is an average."""
    if _AVERAGED.search(teacher.name or "") or any(bare(event.of) is teacher for event in run.of(ParametersWritten)):
        return True
    return any(
        event.into is not None and bare(event.into) is teacher and event.frames and not _is_state(event.value)
        for event in run.of(Loaded)
    )


def _is_state(value: Value | None) -> bool:
    return isinstance(value, Library) and value.role == "state"


def _feeds_others(training: Training, teacher: Value) -> bool:
    """Whether other networks take what it gives as their input: it extracts features then."""
    return any(
        bare(model) is teacher
        for event in training.of(Forward)
        if event.direct and bare(event.model) is not teacher
        for model in models(event.tokens)
    )


def _losses(training: Training) -> list[LossComputed]:
    return [event for event in training.of(LossComputed) if not event.offered]


def _through(value: Value | None, network: Value) -> bool:
    return any(bare(model) is network for model in models_of(value))


def _feeds_predictions(training: Training, teacher: Value) -> bool:
    return any(_through(event.prediction, teacher) for event in _losses(training))


def _gives_targets(training: Training, teacher: Value) -> bool:
    return any(_through(event.target, teacher) for event in _losses(training)) and any(
        bare(model) is teacher for model in training.models
    )


def _is_taken_for_one(run: Run, training: Training, teacher: Value) -> bool:
    """Whether it is a copy of, or called as, a teacher, within a network that is trained or beside it."""
    held = any(run.anatomy.within(teacher, model) and bare(model) is not teacher for model in training.models)
    beside = any(bare(model) is teacher for model in training.models)
    copied = any(event.role == "copy" and bare(event.thing) is teacher for event in run.of(Made))
    return (held or beside) and (copied or bool(_TEACHER.search(teacher.name or "")))


def _switch(run: Run, teacher: Value, forward: Forward) -> ModeSwitch | None:
    for event in reversed(run.events[: forward.order]):
        if not isinstance(event, ModeSwitch) or is_optimizer(event.model):
            continue
        if event.compatible(forward) and run.anatomy.within(teacher, event.model):
            return event
    return None


def _hidden(run: Run, teacher: Value, switch: ModeSwitch | None, forward: Forward) -> bool:
    """Whether unknown code is given the teacher after it was put into train mode."""
    since = switch.order if switch is not None else -1
    return any(
        isinstance(event, Escaped)
        and any(
            run.anatomy.within(teacher, value) for value in event.values if isinstance(bare(value), Instance | Library)
        )
        for event in run.events[since + 1 : forward.order]
    )
