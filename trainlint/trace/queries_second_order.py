"""L-BFGS, and the size of the batches that it steps on."""

from __future__ import annotations

from collections.abc import Iterator

from trainlint.findings import Place
from trainlint.trace.anatomy import plain
from trainlint.trace.events import Loop, OptimizerStep
from trainlint.trace.merge import options_of
from trainlint.trace.values import Library, Stream, Value
from trainlint.trace.view import Run


def second_order_steps(run: Run) -> Iterator[tuple[Place, Place]]:
    """Where an L-BFGS optimizer that steps on mini-batches is made, with the loop over the batches."""
    found: set[Place] = set()
    for step in run.of(OptimizerStep):
        for optimizer in map(plain, options_of(step.optimizer)):
            if step.offered or not isinstance(optimizer, Library) or optimizer.trait("family") != "lbfgs":
                continue
            loop = next((loop for loop in step.loops if _in_batches(loop)), None)
            if loop is not None and optimizer.place is not None and optimizer.place not in found:
                found.add(optimizer.place)
                yield optimizer.place, loop.place


def _in_batches(loop: Loop) -> bool:
    """Whether a loop goes over a loader whose batches have a constant size."""
    value: Value | None = loop.over_value
    while isinstance(value, Stream):
        value = value.over
    loaders = [option for option in options_of(value) if isinstance(option, Library)]
    return any(
        isinstance(loader.constant(loader.parameter("batch_size")), int)
        for loader in loaders
        if loader.role == "loader"
    )
