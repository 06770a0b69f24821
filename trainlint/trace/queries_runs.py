"""What holds in all runs that share a piece of code: a trainer that one of five scripts forgets to have saved is not at fault."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from trainlint.findings import Place
from trainlint.trace.view import Training

if TYPE_CHECKING:
    from trainlint.trace.runs import Trace

Lacks = Callable[[Training], bool | None]


def unanimous(trace: Trace, lacks: Lacks, place: Callable[[Training], Place]) -> Iterator[Training]:
    """The first training for each place of which all runs lack something.

    ``lacks`` is None for trainings that have no say: excused ones, and those that could not be walked to the end.
    """
    first: dict[Place, Training] = {}
    contradicted: set[Place] = set()
    for run in trace.runs:
        for training in run.trainings if run.complete else ():
            verdict = lacks(training)
            if verdict is None:
                continue
            where = place(training)
            if verdict:
                first.setdefault(where, training)
            else:
                contradicted.add(where)
    for where, training in first.items():
        if where not in contradicted:
            yield training
