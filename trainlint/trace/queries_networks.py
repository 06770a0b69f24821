"""What the trained networks are made of: their units, their first filters, and whether they begin untrained."""

from __future__ import annotations

from trainlint.trace.anatomy import bare
from trainlint.trace.events import AttributeSet, Escaped, Event, Loaded, LossComputed, Made, Operated, Reported
from trainlint.trace.merge import tokens_of
from trainlint.trace.tokens import WeightToken, union
from trainlint.trace.values import ABSENT, Constant, Data, Instance, Library, Value
from trainlint.trace.view import Training

# Units that saturate at both ends, or are silent for half of their inputs.
BOUNDED = frozenset({"relu", "tanh", "sigmoid"})
IMAGE_CHANNELS = (1, 3, 4)
# Smaller filters have too few pixels to be looked at.
LEAST_KERNEL = 3


def bounded_unit(training: Training) -> Operated | None:
    """The first saturating or rectifying unit between layers of a trained network; the last of all only shapes the output."""
    outputs = {
        (operation.name, operation.place)
        for event in training.of(LossComputed)
        if event.prediction is not None
        for operation in event.prediction.operations
    }
    units = (event for event in training.of(Operated) if event.operation in BOUNDED and event.in_forward)
    return next((unit for unit in units if not unit.offered and (unit.operation, unit.place) not in outputs), None)


def keeps_activations(training: Training) -> bool:
    """Whether a network tells, or keeps as an attribute, what it computes on the way."""
    return any(_tells(event) for event in training.among(AttributeSet, Reported, Escaped))


def _tells(event: Event) -> bool:
    if isinstance(event, AttributeSet):
        value = event.value
        return isinstance(value, Data) and bool(value.tokens) and _in_forward(event)
    return isinstance(event, Reported | Escaped) and _in_forward(event)


def _in_forward(event: Event) -> bool:
    return any(call.function == "forward" for call in event.calls)


def first_filters(training: Training) -> Made | None:
    """The convolution that sees the image first, in a network that is trained from scratch."""
    run = training.run
    for made in run.of(Made):
        layer = made.thing
        if not made.offered and isinstance(layer, Library) and _sees_images(layer):
            for model in training.models:
                if id(layer) in run.anatomy.group(model).members and begins_untrained(training, model):
                    return made
    return None


def _sees_images(layer: Library) -> bool:
    kernel = layer.arguments.get("kernel_size")
    return (
        layer.short == "Conv2d"
        and layer.constant("in_channels") in IMAGE_CHANNELS
        and not (isinstance(kernel, Constant) and isinstance(kernel.value, int) and kernel.value < LEAST_KERNEL)
    )


def shows_weights(training: Training) -> bool:
    """Whether the weights of a layer are drawn, logged or given to unknown code anywhere in the run."""
    return any(
        isinstance(token, WeightToken) for event in training.run.among(Reported, Escaped) for token in _told(event)
    )


def _told(event: Event) -> frozenset[object]:
    if isinstance(event, Reported):
        return frozenset(event.tokens)
    return (
        frozenset(union(*(tokens_of(value) for value in event.values))) if isinstance(event, Escaped) else frozenset()
    )


def begins_untrained(training: Training, model: Value) -> bool:
    """Whether a network is known to begin with random weights, on the default path."""
    inner = bare(model)
    if not isinstance(inner, Instance | Library) or inner.place is None or inner.source is not None:
        return False
    group = training.run.anatomy.group(inner)
    if group.open:
        return False
    members = group.members | {id(inner)}
    for event in training.run.among(Loaded, Made):
        if isinstance(event, Loaded) and not event.offered and _is_of(event.into, members):
            return False
        if isinstance(event, Made) and id(bare(event.thing)) in members and not _is_random(bare(event.thing)):
            return False
    return True


def _is_of(value: Value | None, members: frozenset[int]) -> bool:
    return value is not None and id(bare(value)) in members


def _is_random(thing: Value) -> bool:
    """Whether a part of a network comes without weights: ready-made ones by their arguments."""
    if not isinstance(thing, Library) or thing.role != "model":
        return True
    names = thing.trait("pretrained")
    if not isinstance(names, tuple) or thing.dotted == "torch.hub.load":
        return False
    given = [thing.constant(name) for name in names if name in thing.arguments]
    return "**" not in thing.arguments and all(value in (None, False) and value is not ABSENT for value in given)
