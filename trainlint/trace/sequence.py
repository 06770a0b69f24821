"""The order of what happens to gradients: from backward to step and from step to the next, through the rounds of loops."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cached_property
from typing import TYPE_CHECKING

from trainlint.trace.anatomy import UNKNOWN, Group, bare
from trainlint.trace.events import (
    Backward,
    Clip,
    Escaped,
    Event,
    Guard,
    Loop,
    LoopKind,
    OptimizerStep,
    Unscale,
    ZeroGrad,
)
from trainlint.trace.kinds import EventType
from trainlint.trace.values import Data, Instance, Library, Value

if TYPE_CHECKING:
    from trainlint.trace.view import Run

_KINDS = (Backward, OptimizerStep, ZeroGrad, Clip, Unscale, Escaped)
# What a remainder leaves as its mark in a condition: `(i + 1) % 4 == 0` holds in some rounds only.
PERIODIC = "periodic"


def repeats(loop: Loop) -> bool:
    """Whether a loop goes over more than a short literal."""
    return not loop.unrolled and loop.kind is not LoopKind.COMPREHENSION


def shared_loop(*events: Event) -> Loop | None:
    """The innermost repeating loop that holds all events."""
    first, *others = events
    for frame in reversed(first.frames):
        if repeats(frame.loop) and all(other.inside(frame.loop) for other in others):
            return frame.loop
    return None


def further_guards(event: Event, other: Event) -> list[Guard]:
    """Conditions under which an event happens that another one does not depend on."""
    return [guard for guard in event.guards if guard not in other.guards]


def is_periodic(guard: Guard) -> bool:
    """Whether a condition holds in some rounds of a loop, counted by a remainder."""
    return isinstance(guard.test, Data) and guard.test.origin == PERIODIC


def once_in_a_while(event: Event, other: Event) -> bool:
    """Whether an event happens in some rounds only of those in which another does (``if (i + 1) % n == 0``)."""
    return any(is_periodic(guard) for guard in further_guards(event, other))


def title(value: Value | None, otherwise: str) -> str:
    """The author's own name of an object, as it stands in a message."""
    name = bare(value).name if value is not None else None
    return f"`{name}`" if name else otherwise


class GradientFlow:
    """The events of a run that compute, change or use gradients, and the questions that rules put to their order."""

    def __init__(self, run: Run) -> None:
        self.run = run
        self.anatomy = run.anatomy

    @cached_property
    def events(self) -> Sequence[Event]:
        return self.run.among(*_KINDS)

    def of(self, kind: type[EventType]) -> Sequence[EventType]:
        return self.run.of(kind)

    @cached_property
    def steps(self) -> list[OptimizerStep]:
        """Updates inside loops, on the default path."""
        return [step for step in self.of(OptimizerStep) if not step.offered and shared_loop(step) is not None]

    def group(self, event: Event) -> Group:
        """The parameters that an event is about."""
        if isinstance(event, OptimizerStep):
            return self.anatomy.group(event.optimizer)
        if isinstance(event, ZeroGrad | Clip):
            return self.anatomy.group(event.target)
        if isinstance(event, Backward):
            return self.anatomy.of_tokens(event.tokens)
        if isinstance(event, Unscale):
            return self.anatomy.group(event.optimizer)
        return UNKNOWN

    def meet(self, one: Event, other: Event) -> bool | None:
        """Whether two events are about the same parameters; None where that cannot be told."""
        mine, theirs = optimizer_of(one), optimizer_of(other)
        if mine is not None and mine is theirs:
            return True
        return self.group(one).meets(self.group(other))

    def alternatives(self, one: Event, other: Event) -> bool:
        """Whether two events are of two optimizers between which an option decides: one call that was followed for each,
        so that the end of its first walk comes before the middle of its second."""
        mine, theirs = optimizer_of(one), optimizer_of(other)
        same_call = bool(one.calls) and one.calls == other.calls and one.frames == other.frames
        return (
            mine is not None and theirs is not None and mine is not theirs and same_call and _stands_after(one, other)
        )

    def between(self, first: Event, last: Event, kind: type[EventType]) -> list[EventType]:
        """What happens after one event and before another, on a path that holds both."""
        return [
            event
            for event in self.of(kind)
            if first.order < event.order < last.order and event.compatible(first) and event.compatible(last)
        ]

    def following(self, step: OptimizerStep) -> OptimizerStep | None:
        """The next step of the same optimizer in a loop that holds both."""
        mine = optimizer_of(step)
        for event in self.of(OptimizerStep):
            if event.order > step.order and optimizer_of(event) is mine:
                if event.compatible(step) and shared_loop(step, event) is not None:
                    return event
        return None

    def backward_before(self, event: Event, after: int = -1) -> Backward | None:
        """The last backward pass before an event that may reach its parameters."""
        for candidate in reversed(self.of(Backward)):
            if after < candidate.order < event.order and candidate.via != "grad":
                if candidate.compatible(event) and self.meet(candidate, event) is not False:
                    return candidate
        return None

    def may_zero(self, first: Event, last: Event) -> list[ZeroGrad]:
        """Zeroings between two events that may be of the last one's parameters."""
        return [zero for zero in self.between(first, last, ZeroGrad) if self.meet(zero, last) is not False]

    def hidden(self, first: Event, last: Event) -> bool:
        """Whether what the last event is about reaches unknown code between two events: anything may have happened there."""
        return any(self.reached(escaped, last) for escaped in self.between(first, last, Escaped))

    def reached(self, escaped: Escaped, event: Event) -> bool:
        """Whether unknown code was given the optimizer, the parameters or an object that may hold them."""
        group, optimizer = self.group(event), optimizer_of(event)
        for value in map(bare, escaped.values):
            if optimizer is not None and value is optimizer:
                return True
            if is_keeper(value):
                return True
            if id(value) in self.anatomy.groups and self.anatomy.group(value).meets(group) is not False:
                return True
        return False

    def zeroings(self, event: Event) -> list[ZeroGrad]:
        """Where the parameters of an event are zeroed, anywhere in the run."""
        return [zero for zero in self.of(ZeroGrad) if self.meet(zero, event)]

    def rivals(self, loop: Loop, event: Event) -> Iterator[OptimizerStep]:
        """Steps of other optimizers in a loop."""
        mine = optimizer_of(event)
        for step in self.of(OptimizerStep):
            if step.inside(loop) and optimizer_of(step) is not mine:
                yield step


def _stands_after(one: Event, other: Event) -> bool:
    return one.place.path == other.place.path and one.place.start > other.place.start and one.order < other.order


def is_keeper(value: Value) -> bool:
    """Whether a value is an object of the project's own that may hold an optimizer: a trainer, not a network or data set."""
    return isinstance(value, Instance) and value.kinds.isdisjoint(("module", "dataset"))


def optimizer_of(event: Event) -> Value | None:
    """The optimizer that an event is about, if it is one."""
    value = event.optimizer if isinstance(event, OptimizerStep | Unscale) else None
    if isinstance(event, ZeroGrad | Clip):
        value = event.target
    if value is None:
        return None
    found = bare(value)
    known = (isinstance(found, Library) and found.role == "optimizer") or (
        isinstance(found, Instance) and "optimizer" in found.kinds
    )
    return found if known else None
