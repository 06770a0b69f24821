"""Softmaxes over no axis, or over the one of the batch."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from trainlint.findings import Place
from trainlint.trace.events import Event, LossComputed, Operated
from trainlint.trace.merge import sources_of
from trainlint.trace.queries_losses import last_operation
from trainlint.trace.values import Constant, Data, Library, Operation
from trainlint.trace.view import Run

SOFTMAX = frozenset({"softmax", "log_softmax"})
# The criteria that take classes along axis 1.
BY_CLASS = frozenset({"nll", "cross_entropy"})
# The loss is computed from samples, one row of the scores each.
BY_SAMPLE = BY_CLASS | {"kl", "bce", "bce_logits", "mse"}


@dataclass(frozen=True)
class WrongAxis:
    """A softmax. ``place`` is where its axis is told or should be: the call of a function, the making of a layer.

    ``axis`` is None where none is given. ``evidence`` is what shows that axis 0 is the batch; ``classes`` the axis of the
    classes, where something tells it.
    """

    name: str
    place: Place
    position: int
    axis: int | None
    evidence: Event | None
    classes: int | None


def wrong_axes(run: Run) -> Iterator[WrongAxis]:
    """One for each place."""
    events = [event for event in run.of(Operated) if event.operation in SOFTMAX and not event.offered]
    seen: set[Place] = set()
    for event in events:
        made = event.layer.place if event.layer is not None else None
        place, axis = made or event.place, _axis(event)
        if place in seen or axis not in (None, 0):
            continue
        operation = _operation(event)
        use = _use(run, operation) if operation is not None else None
        if axis == 0 and use is None:
            continue
        seen.add(place)
        # A layer takes the axis first, a function after its input.
        position = 0 if made is not None else 1
        yield WrongAxis(_title(event), place, position, axis, use, _classes(event, use))


def _axis(event: Operated) -> int | None:
    """The axis, None where none is given, and -1 where it isn't known or the operation can't do without one."""
    if event.layer is not None:
        given: object = event.layer.constant("dim") if "dim" in event.layer.entry.params else -1
    else:
        value = event.arguments.get("dim", Constant(None))
        given = value.value if isinstance(value, Constant) and "**" not in event.arguments else -1
        if given is None and not event.function.startswith("torch.nn.functional."):
            return -1
    return given if given is None or (isinstance(given, int) and not isinstance(given, bool)) else -1


def _title(event: Operated) -> str:
    return event.layer.short if event.layer is not None else event.function.rpartition(".")[2]


def _operation(event: Operated) -> Operation | None:
    return event.result.operations[-1] if isinstance(event.result, Data) and event.result.operations else None


def _use(run: Run, operation: Operation) -> Event | None:
    """What tells that the rows of a softmax's output are samples: a loss over a batch, or a choice along axis 1."""
    for event in run.among(LossComputed, Operated):
        if isinstance(event, LossComputed):
            if event.kind in BY_SAMPLE and last_operation(event) == operation and _is_batch(event):
                return event
        elif isinstance(event, Operated) and event.operation == "argmax":
            axis = event.arguments.get("dim")
            along = axis.value if isinstance(axis, Constant) else None
            if along == 1 and isinstance(event.value, Data) and event.value.operations[-1:] == (operation,):
                return event
    return None


def _is_batch(loss: LossComputed) -> bool:
    """Whether the target is a batch of the loop that the loss stands in, rather than one of its samples."""
    if not loss.frames:
        return False
    inner = loss.frames[-1].loop.over
    return any(source in inner and _gives_batches(source.maker) for source in sources_of(loss.target))


def _gives_batches(maker: object) -> bool:
    if not isinstance(maker, Library) or maker.role != "loader":
        return False
    size = maker.arguments.get(maker.parameter("batch_size"))
    return size is not None and not (isinstance(size, Constant) and size.value in (None, 1))


def _classes(event: Operated, use: Event | None) -> int | None:
    """The axis of the classes: what the loss takes, or where the layer below puts them."""
    if isinstance(use, Operated) or (isinstance(use, LossComputed) and use.kind in BY_CLASS):
        return 1
    below = event.value.operations[-1:] if isinstance(event.value, Data) else ()
    return {"linear": -1, "conv": 1}.get(below[0].name) if below else None
