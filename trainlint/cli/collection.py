"""How often Python looks for garbage while a command runs."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager

# New objects between two searches. Python's own 700 (2,000 from 3.13) suit programs whose objects come and go.
BETWEEN = 200_000


@contextmanager
def seldom() -> Iterator[None]:
    """Syntax trees have no cycles, facts and traces live to the end: searching through them time and again costs a twentieth
    of a run and finds little."""
    youngest, *older = gc.get_threshold()
    gc.set_threshold(max(youngest, BETWEEN) if youngest else 0, *older)
    try:
        yield
    finally:
        gc.set_threshold(youngest, *older)
