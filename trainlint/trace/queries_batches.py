"""How the data of a training is parted into batches: into single samples, or not at all."""

from __future__ import annotations

import re
from collections.abc import Iterator

from trainlint.trace.anatomy import bare
from trainlint.trace.datasets import loaders
from trainlint.trace.events import Forward, LoopKind, Made, ModeSwitch
from trainlint.trace.purpose import UNUSUAL
from trainlint.trace.tokens import HELD_OUT, sources
from trainlint.trace.values import Constant, Data, Instance, Library, Value, Wrapped
from trainlint.trace.view import Training

# Layers that need no batch, as they normalise each sample by itself, and layers for inputs whose size differs from sample
# to sample: sequences, volumes.
_ALONE = re.compile(
    r"InstanceNorm|GroupNorm|LayerNorm|RMSNorm|Conv3d|ConvTranspose3d|LSTM|GRU|RNN|Embedding|Transformer|Attention"
)
# Libraries whose networks are known to work on images of one size.
_IMAGES = re.compile(r"^(?:torchvision\.models\.(?!detection|segmentation|video)|timm\.|torch\.nn\.)")
# Layers with weights.
_FITTED = re.compile(r"Linear|Conv|LSTM|GRU|RNN|Embedding|Attention|Transformer|Bilinear")
# What data of differing size is called.
_VARIABLE = re.compile(r"graph|volum|3d|bag|detect|coco|voc|mesh|point|slide|video|sequence|sentence|dialog|text", re.I)


def single_sample_loaders(training: Training) -> Iterator[Library]:
    """The loaders of single samples of one size from which each step is computed."""
    single = list(filter(_is_single, loaders(training.sources)))
    if not single or not _steps_each_batch(training) or training.exemptions & UNUSUAL:
        return
    if _is_parallel(training) or not _needs_batches(training) or batch_norms_alone(training):
        return
    if is_one_layer(training):
        return
    for loader in single:
        # A data set that is nowhere to be seen may have samples of any size.
        if _gives_the_batches(training, loader) and len(training.run.survey.chain(loader)) > 1:
            yield loader


def _gives_the_batches(training: Training, loader: Library) -> bool:
    """Whether the batch loop goes over a loader whose samples are of one size, as far as their names tell."""
    source = loader.source
    if source is None or source.split in HELD_OUT or source not in sources(training.batch_loop.over):
        return False
    links = training.run.survey.chain(loader)
    kinds = [link.short if isinstance(link, Library) else link.cls.name or "" for link in links]
    labels = [ancestor.label for ancestor in source.ancestors()]
    return not any(_VARIABLE.search(name) for name in [*labels, *kinds])


def batch_norms_alone(training: Training) -> list[tuple[Library, Library]]:
    """The loaders of single samples on which batch norm is trained in a network that predicts once a sample.

    Each with the first such layer. Where the prediction is a map, a sample has pixels enough to normalise over.
    """
    single = list(filter(_is_single, loaders(training.sources)))
    if not single or _is_parallel(training) or training.exemptions & UNUSUAL or not _needs_batches(training):
        return []
    held = layers(training)
    norms = [
        layer for layer in held if layer.trait("batch_norm") and layer.constant("track_running_stats") is not False
    ]
    if not norms or not any(layer.trait("layer") == "linear" for layer in held) or not _in_train_mode(training):
        return []
    if any(layer.short.startswith(("ConvTranspose", "Upsample", "LazyConvTranspose")) for layer in held):
        return []
    return [(loader, norms[0]) for loader in single if _gives_the_batches(training, loader)]


def _in_train_mode(training: Training) -> bool:
    """Whether the updates' passes are in train mode, and nothing puts single layers into eval mode."""
    models = [bare(model) for model in training.models]
    passes = [event for event in training.of(Forward) if event.direct and bare(event.model) in models]
    parts = (event for event in training.run.of(ModeSwitch) if event.mode != "train" and event.model not in models)
    return any(event.mode == "train" and event.gradients for event in passes) and not any(
        training.run.anatomy.group(event.model).meets(training.run.anatomy.group(model)) is not False
        for event in parts
        for model in models
    )


def _is_single(loader: Library) -> bool:
    """Whether a loader of PyTorch's own gives one sample at a time. A data set that is not known may give whole batches itself."""
    if loader.place is None or not loader.dotted.startswith("torch.utils.data."):
        return False
    if loader.constant("batch_size") != 1 or _is_given(loader, "batch_sampler") or _is_given(loader, "collate_fn"):
        return False
    data = loader.arguments.get("dataset")
    if isinstance(data, Instance) and ("iterable_dataset" in data.kinds or data.cls.has_unknown_base()):
        return False
    return "batch_size" in loader.arguments or (isinstance(data, Library) and not data.trait("iterable"))


def _is_given(loader: Library, name: str) -> bool:
    value = loader.arguments.get(name)
    return value is not None and not (isinstance(value, Constant) and value.value is None)


def _steps_each_batch(training: Training) -> bool:
    """Whether each round of the batch loop ends in a step: no gradients are accumulated."""
    loop = training.batch_loop
    if loop.kind is LoopKind.FRAMEWORK or any(backward.via == "framework" for backward in training.backwards):
        return False
    outside = {
        guard.place for event in training.run.iterations if event.loop.place == loop.place for guard in event.guards
    }
    steps = [step for step in training.steps if not step.offered]
    return bool(steps) and all(
        any(frame.loop.place == loop.place for frame in step.frames)
        and not any(isinstance(guard.test, Data) and guard.place not in outside for guard in step.guards)
        for step in steps
    )


def _is_parallel(training: Training) -> bool:
    """Whether several processes share each step, so that its batch is larger than a loader's."""
    wrappers = (made.thing for made in training.run.of(Made) if made.role == "wrapper" and not made.offered)
    return any(isinstance(thing, Wrapped) and thing.kind in ("ddp", "fsdp") for thing in wrappers)


def _needs_batches(training: Training) -> bool:
    """Whether the networks are known, and normalise over batches or not at all."""
    found = layers(training)
    return bool(found) and all(_IMAGES.match(layer.dotted) and not _ALONE.search(layer.short) for layer in found)


def layers(training: Training) -> list[Library]:
    """The layers and ready-made networks in the trained networks, as far as the program makes them; none if one is unknown."""
    members: set[int] = set()
    for model in map(bare, training.models):
        if not _is_known(model):
            return []
        members |= training.run.anatomy.group(model).members
    made = (event.thing for event in training.run.of(Made))
    return [thing for thing in made if isinstance(thing, Library) and id(thing) in members]


def is_one_layer(training: Training) -> bool:
    """Whether each trained network is a single layer: a convex fit, which is solved by steps of any size of batch."""
    found = [layer for layer in layers(training) if _FITTED.search(layer.short)]
    held = [training.run.anatomy.group(model).members for model in map(bare, training.models)]
    return bool(found) and all(sum(id(layer) in members for layer in found) < 2 for members in held)


def _is_known(model: Value) -> bool:
    if isinstance(model, Instance):
        return not model.cls.has_unknown_base()
    return isinstance(model, Library) and model.dotted != "?"
