"""Trainings that put all of their data through the network for each step."""

from __future__ import annotations

import re
from collections.abc import Iterator

from trainlint.knowledge.conventions import split_of_name
from trainlint.trace.anatomy import bare
from trainlint.trace.datasets import loaders
from trainlint.trace.events import BatchTaken, Forward, Iterated, LoopKind
from trainlint.trace.purpose import UNUSUAL
from trainlint.trace.queries_batches import is_one_layer, layers
from trainlint.trace.queries_schedules import optimizers
from trainlint.trace.tokens import HELD_OUT, Source, sources
from trainlint.trace.values import Constant, Data, Instance, Library, Value
from trainlint.trace.view import Training, is_epoch_loop

# Networks over one graph see all of it in each step, and what physics-informed ones are fitted to is no data set.
_WHOLE = re.compile(
    r"gcn|gat(?![a-z])|gnn|graph|hyper|sage|node|link|hetero|adj|edge|laplac|pinn|physic|pde|burgers|collocation|kernel|gauss",
    re.I,
)
_CAMEL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
# From here on a batch that is taken once is no handful of samples to try things out on.
MANY = 1000


def whole_set_loaders(training: Training) -> Iterator[Library]:
    """The loaders whose one batch holds all of the training data, or all that each epoch goes over."""
    for loader in loaders(training.sources):
        source, size = loader.source, loader.arguments.get("batch_size")
        if source is None or source.split in HELD_OUT or not loader.dotted.startswith("torch.utils.data."):
            continue
        whole = isinstance(size, Data) and size.origin == "length" and size.reduction == "samples"
        many = isinstance(size, Constant) and isinstance(size.value, int) and size.value >= MANY
        if (whole or (many and _is_taken_once(source, training))) and not _is_excused(training):
            yield loader


def _is_taken_once(source: Source, training: Training) -> bool:
    """Whether one batch is taken before the epoch loop, and no other one in it."""
    taken = [event for event in training.run.of(BatchTaken) if source in event.sources]
    iterated = any(source in event.sources for event in training.of(Iterated))
    return bool(taken) and not iterated and not any(event.inside(training.loop) for event in taken)


def whole_set_inputs(training: Training) -> list[Data]:
    """The training data that each round of an epoch loop puts through the network as a whole; empty where it doesn't."""
    loop = training.loop
    if training.batch_loop is not loop or loop.kind is LoopKind.FRAMEWORK or sources(loop.over):
        return []
    if training.run.kind != "script" or not is_epoch_loop(training):
        return []
    rounds = [_inputs(training, number) for number in (0, 1)]
    if not rounds[0] or [id(value) for value in rounds[0]] != [id(value) for value in rounds[1]]:
        return []
    inputs = [value for value in rounds[0] if isinstance(value, Data)]
    named = [value for value in inputs if _is_training_data(value)]
    return named if named and not _is_excused(training) and not is_one_layer(training) else []


def _inputs(training: Training, number: int) -> list[Value]:
    """What the networks are given on the way to the update in one round of the loop."""
    backwards = [event for event in training.backwards if event.round_of(training.loop) == number]
    passes = [
        event
        for event in training.of(Forward)
        if event.direct and event.gradients is not False and event.round_of(training.loop) == number
        if any(event.order < backward.order for backward in backwards)
    ]
    return [value for event in passes for value in event.inputs if not isinstance(value, Constant)]


def _is_training_data(value: Data) -> bool:
    if split_of_name(value.name) == "train":
        return True
    return any(source.split == "train" for source in sources(value.tokens))


def _is_excused(training: Training) -> bool:
    """Whether all data in one batch is right, or the training isn't one of a network on a set of samples."""
    if training.exemptions & UNUSUAL or any(backward.via == "grad" for backward in training.backwards):
        return True
    if any(isinstance(optimizer, Library) and optimizer.short == "LBFGS" for optimizer in optimizers(training)):
        return True
    names = [training.run.path, *(call.function for event in training.backwards for call in event.calls)]
    for model in map(bare, training.models):
        if isinstance(model, Instance):
            if model.cls.has_unknown_base():
                return True
            names += [*model.cls.external_bases(), *(cls.name or "" for cls in model.cls.lineage())]
    names += [layer.dotted for layer in layers(training)]
    names += [value.name or "" for event in training.of(Forward) for value in event.inputs]
    return any(_WHOLE.search(_CAMEL.sub("_", name)) for name in names)
