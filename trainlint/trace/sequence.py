"""The order of what happens to gradients: from backward to step and from step to the next, through the rounds of loops."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property
from typing import TYPE_CHECKING, TypeVar, cast

from trainlint.findings import Place
from trainlint.trace.anatomy import UNKNOWN, Group, bare
from trainlint.trace.events import (
    Backward,
    Clip,
    Escaped,
    Event,
    Forward,
    GradientRead,
    Guard,
    Loop,
    LoopKind,
    Made,
    OptimizerStep,
    Unscale,
    ZeroGrad,
)
from trainlint.trace.merge import tokens_of
from trainlint.trace.values import Data, Graph, Instance, Library, LossToken, ModelToken, Value

if TYPE_CHECKING:
    from trainlint.trace.view import Run

EventType = TypeVar("EventType", bound=Event)
# Ways of going back after which the program itself must step.
OWN_STEP = frozenset({"tensor", "scaler", "accelerator"})
# Operations through which no gradient goes: what stands there is no cut that somebody made.
WITHOUT_GRADIENT = frozenset({"argmax", "round", "sign", "comparison"})
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
        self._sorted: dict[type[Event], list[Event]] = {}

    @cached_property
    def events(self) -> list[Event]:
        kinds = (Backward, OptimizerStep, ZeroGrad, Clip, Unscale, Escaped)
        return [event for event in self.run.events if isinstance(event, kinds)]

    def of(self, kind: type[EventType]) -> list[EventType]:
        if kind not in self._sorted:
            self._sorted[kind] = [event for event in self.events if isinstance(event, kind)]
        return cast("list[EventType]", self._sorted[kind])

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
        mine, theirs = _optimizer(one), _optimizer(other)
        if mine is not None and mine is theirs:
            return True
        return self.group(one).meets(self.group(other))

    def between(self, first: Event, last: Event, kind: type[EventType]) -> list[EventType]:
        """What happens after one event and before another, on a path that holds both."""
        return [
            event
            for event in self.of(kind)
            if first.order < event.order < last.order
            and event.compatible(first)
            and event.compatible(last)
        ]

    def following(self, step: OptimizerStep) -> OptimizerStep | None:
        """The next step of the same optimizer in a loop that holds both."""
        mine = _optimizer(step)
        for event in self.of(OptimizerStep):
            if event.order > step.order and _optimizer(event) is mine:
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
        group, optimizer = self.group(event), _optimizer(event)
        for value in map(bare, escaped.values):
            if optimizer is not None and value is optimizer:
                return True
            if isinstance(value, Instance) and "module" not in value.kinds and "dataset" not in value.kinds:
                return True
            if id(value) in self.anatomy.groups and self.anatomy.group(value).meets(group) is not False:
                return True
        return False

    def zeroings(self, event: Event) -> list[ZeroGrad]:
        """Where the parameters of an event are zeroed, anywhere in the run."""
        return [zero for zero in self.of(ZeroGrad) if self.meet(zero, event)]

    def never_stepped(self) -> Iterator[tuple[Library, Backward]]:
        """Optimizers that never step, each with the backward pass in a loop whose gradients are meant for it."""
        backwards = [event for event in self.of(Backward) if not event.offered and event.via in OWN_STEP]
        if any(isinstance(event, GradientRead) for event in self.run.events):
            return
        for optimizer in self.optimizers():
            if any(self._may_be_stepped(optimizer, event) for event in self.events):
                continue
            zeroed = [event for event in self.of(ZeroGrad) if _optimizer(event) is optimizer and shared_loop(event)]
            for backward in backwards:
                loop = shared_loop(backward)
                if (
                    loop is None
                    or self.anatomy.of_tokens(backward.tokens).meets(self.anatomy.group(optimizer)) is False
                ):
                    continue
                if any(zero.order < backward.order and shared_loop(zero, backward) for zero in zeroed) or (
                    not any(step.inside(frame.loop) for step in self.of(OptimizerStep) for frame in backward.frames)
                ):
                    yield optimizer, backward
                    break

    def optimizers(self) -> list[Library]:
        """The optimizers that a program makes, or zeroes the gradients of."""
        found: list[Library] = []
        for event in self.run.events:
            made = event.thing if isinstance(event, Made) and event.role == "optimizer" else _optimizer(event)
            if isinstance(made, Library) and not event.offered and not any(made is other for other in found):
                found.append(made)
        return found

    def _may_be_stepped(self, optimizer: Library, event: Event) -> bool:
        if isinstance(event, Escaped):
            return any(bare(value) is optimizer or isinstance(bare(value), Instance) for value in event.values)
        if not isinstance(event, OptimizerStep):
            return False
        group = self.anatomy.group(optimizer)
        return (
            event.optimizer is None or bare(event.optimizer) is optimizer or self.group(event).meets(group) is not False
        )

    def stepping_on_nothing(self) -> Iterator[OptimizerStep]:
        """Steps in a loop with a forward pass, in a program that computes no gradients."""
        if self.of(Backward) or self.of(Escaped) or self.run.kind != "script":
            return
        forwards = [event for event in self.run.events if isinstance(event, Forward) and event.direct]
        seen: set[Place] = set()
        for step in self.steps:
            known = isinstance(step.optimizer, Library) and step.optimizer.place is not None
            if known and step.place not in seen and any(shared_loop(step, forward) for forward in forwards):
                seen.add(step.place)
                yield step

    def misplaced_clips(self) -> Iterator[tuple[Clip, str, Event]]:
        """Clips that come too ``early``, too ``late`` or too ``often``, with the backward pass or step that tells so."""
        for clip in self.of(Clip):
            loop = next((frame.loop for frame in reversed(clip.frames) if self._goes_back(frame.loop, clip)), None)
            if clip.offered or loop is None:
                continue
            before = self._last_before(clip, loop)
            if isinstance(before, Backward):
                step = self._next_step(clip, loop)
                if step is not None and once_in_a_while(step, clip) and once_in_a_while(step, before):
                    yield clip, "often", step
            elif isinstance(before, OptimizerStep):
                yield clip, "late", before
            elif before is None or isinstance(before, ZeroGrad):
                backward = self._next_backward(clip, loop)
                if backward is not None:
                    yield clip, "early", backward

    def _goes_back(self, loop: Loop, clip: Clip) -> bool:
        return repeats(loop) and any(
            backward.inside(loop) and self.meet(backward, clip) is not False for backward in self.of(Backward)
        )

    def _last_before(self, clip: Clip, loop: Loop) -> Event | None:
        """What happened to the clipped gradients last, in the same round of a loop or the one before; an escape is anything."""
        known = self.group(clip)
        for event in reversed(self.events[: self.events.index(clip)]):
            if not event.inside(loop) or not event.compatible(clip) or isinstance(event, Clip | Unscale):
                continue
            if isinstance(event, Escaped):
                if any(isinstance(token, LossToken) for value in event.values for token in tokens_of(value)):
                    return event
                if self.reached(event, clip) and not known.open:
                    return event
                continue
            if isinstance(event, Backward):
                if self.meet(event, clip) is not False:
                    return event
            elif self.meet(event, clip) or not any(True for _ in self.rivals(loop, event)):
                return event
        return None

    def _next_step(self, clip: Clip, loop: Loop) -> OptimizerStep | None:
        for event in self.events[self.events.index(clip) :]:
            if isinstance(event, OptimizerStep) and event.inside(loop) and event.compatible(clip):
                if self.meet(event, clip) is not False:
                    return event
        return None

    def _next_backward(self, clip: Clip, loop: Loop) -> Backward | None:
        """A backward pass later in the same round."""
        for event in self.events[self.events.index(clip) :]:
            if isinstance(event, Backward) and event.round_of(loop) == clip.round_of(loop) and event.compatible(clip):
                if self.meet(event, clip) is not False:
                    return event
        return None

    def scaled_clips(self) -> Iterator[tuple[Clip, OptimizerStep]]:
        """Clips between a scaled backward pass and the scaler's step that nothing unscales."""
        for step in self.steps:
            if step.via != "scaler" or _turned_off(step.scaler):
                continue
            backward = self.backward_before(step)
            if backward is None or backward.via != "scaler" or backward.offered:
                continue
            for clip in self.between(backward, step, Clip):
                if clip.offered or self.meet(clip, step) is False or self._unscaled(backward, clip, step):
                    continue
                yield clip, step

    def _unscaled(self, backward: Backward, clip: Clip, step: OptimizerStep) -> bool:
        if any(event.scaler is step.scaler or step.scaler is None for event in self.between(backward, clip, Unscale)):
            return True
        return any(
            bare(value) is step.scaler or isinstance(value, Instance)
            for event in self.between(backward, clip, Escaped)
            for value in event.values
        )

    def detached(self) -> Iterator[tuple[Place, Backward, str]]:
        """Losses without a graph that are back-propagated: where they were ``cut``, or computed under ``no_grad``."""
        for backward in self.of(Backward):
            value = backward.value
            if (
                backward.offered
                or backward.via == "grad"
                or not isinstance(value, Data)
                or value.graph is not Graph.DETACHED
            ):
                continue
            if any(operation.name in WITHOUT_GRADIENT for operation in value.operations):
                continue
            if value.cut is not None:
                if any(isinstance(token, ModelToken | LossToken) for token in backward.tokens):
                    yield value.cut, backward, "cut"
                continue
            forward = self._forward_without_gradients(backward)
            if forward is not None:
                yield forward.place, backward, "no_grad"

    def _forward_without_gradients(self, backward: Backward) -> Forward | None:
        models = [token.model for token in backward.tokens if isinstance(token, ModelToken)]
        for event in reversed(self.run.events[: backward.order]):
            if isinstance(event, Forward) and event.direct and any(event.model is model for model in models):
                return event if event.gradients is False and event.compatible(backward) else None
        return None

    def rivals(self, loop: Loop, event: Event) -> Iterator[OptimizerStep]:
        """Steps of other optimizers in a loop."""
        mine = _optimizer(event)
        for step in self.of(OptimizerStep):
            if step.inside(loop) and _optimizer(step) is not mine:
                yield step


def _turned_off(scaler: Value | None) -> bool:
    return isinstance(scaler, Library) and scaler.constant("enabled") is False


def _optimizer(event: Event) -> Value | None:
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
