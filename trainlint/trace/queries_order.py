"""Training data that comes in one order: loaders that go over a data set by its indices, each epoch anew."""

from __future__ import annotations

from collections.abc import Iterator

from trainlint.trace.datasets import makers
from trainlint.trace.events import LoopKind
from trainlint.trace.tokens import HELD_OUT, sources
from trainlint.trace.values import Library
from trainlint.trace.view import Training


def loaders_in_order(training: Training) -> Iterator[Library]:
    """The loaders whose batches are trained on in the order of the data set; none where a network carries a state along."""
    if training.carries_state:
        return
    for loader in makers({source for source in training.sources if source.split not in HELD_OUT}):
        if not isinstance(loader, Library) or loader.place is None or not training.run.survey.link(loader).in_order:
            continue
        if not _is_read_before(loader, training) and not _is_read_once(loader, training):
            yield loader


def _is_read_before(loader: Library, training: Training) -> bool:
    """Whether the training goes over what was made of a loader's batches elsewhere (cached features), in an order of its own."""
    training_loops = {frame.loop for backward in training.backwards for frame in backward.frames}
    loops = {frame.loop for event in training.run.events for frame in event.frames}
    passes = {loop for loop in loops if loader.source is not None and loader.source in sources(loop.over)}
    return bool(passes) and not passes & training_loops


def _is_read_once(loader: Library, training: Training) -> bool:
    """Whether a program's one pass over a loader is the whole training: no epoch repeats its order."""
    loop = training.loop
    return loop.kind is not LoopKind.FRAMEWORK and loader.source is not None and loader.source in sources(loop.over)
