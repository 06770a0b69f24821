"""What was put in to hunt for a mistake and is still there."""

from __future__ import annotations

from collections.abc import Iterator

from trainlint.trace.events import LoopKind, Stopped
from trainlint.trace.view import Training


def first_round_ends(training: Training) -> Iterator[Stopped]:
    """Statements that leave the loop over batches in its first round, whatever happens there."""
    loop = training.batch_loop if training.backwards else training.loop
    if loop is training.loop or loop.kind is not LoopKind.FOR:
        return
    for event in training.of(Stopped):
        if event.how in ("break", "return") and event.frames[-1].loop is loop and len(event.calls) == loop.depth:
            if not event.offered and len(event.guards) == loop.conditions:
                yield event
