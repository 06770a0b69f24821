"""What gradient checks are made on: the data, how much of it, and the loss."""

from __future__ import annotations

from collections.abc import Iterator

from trainlint.trace.datasets import makers
from trainlint.trace.events import GradientChecked, NumericGradient
from trainlint.trace.merge import sources_of
from trainlint.trace.transforms import RandomStep
from trainlint.trace.view import Run


def checks(run: Run) -> list[GradientChecked | NumericGradient]:
    """The gradient checks of a run on its default path, by torch and by hand."""
    found: list[GradientChecked | NumericGradient] = [*run.of(GradientChecked), *run.of(NumericGradient)]
    return [event for event in found if not event.offered]


def augmented(run: Run) -> Iterator[tuple[GradientChecked | NumericGradient, RandomStep]]:
    """The checks of data that goes through a random transform, with that transform."""
    for event in checks(run):
        data = event.inputs if isinstance(event, GradientChecked) else event.value
        origins = {origin for source in sources_of(data) for origin in source.ancestors()}
        for maker in makers(origins):
            step = next(run.survey.augmentations(maker), None)
            if step is not None:
                yield event, step
                break
