"""Attention masks that mask nothing."""

from __future__ import annotations

from collections.abc import Iterator

from trainlint.findings import Place
from trainlint.trace.events import AttentionMasked
from trainlint.trace.merge import options_of
from trainlint.trace.values import Data
from trainlint.trace.view import Run

TRIANGLE = "triangle"
FLOATS = frozenset({"single", "double", "half"})


def added_masks(run: Run) -> Iterator[tuple[AttentionMasked, Place]]:
    """Attention that is given a triangle of zeros and ones as floats, and where that was made."""
    for event in run.of(AttentionMasked):
        if event.offered:
            continue
        for mask in options_of(event.mask):
            if isinstance(mask, Data) and mask.dtype in FLOATS and mask.operations:
                if mask.operations[-1].name == TRIANGLE:
                    yield event, mask.operations[-1].place
                    break
