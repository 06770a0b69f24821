"""Fits of what prepares data, and the splits that come after them."""

from __future__ import annotations

from collections.abc import Iterator

from trainlint.findings import Place
from trainlint.knowledge.conventions import split_of_name
from trainlint.trace.events import Fitted, FittedDataParted, Transformed
from trainlint.trace.merge import models_of, sources_of
from trainlint.trace.tokens import FitToken
from trainlint.trace.values import Value
from trainlint.trace.view import Run

# Class labels are numbered alike whatever part is seen, and a pipeline may end in a classifier of its own.
_HARMLESS = frozenset({"encoder", "pipeline"})


def fits_before_split(run: Run) -> Iterator[tuple[FitToken, FittedDataParted]]:
    """The fits on data that is split afterwards, each once with the first such split."""
    seen: set[Place] = set()
    for split in run.of(FittedDataParted):
        if split.offered or (split.how == "slice" and not any(_is_for_a_split(part) for part in split.parts)):
            continue
        for fit in split.fits:
            if fit.place in seen or fit.what in _HARMLESS or fit.on_part or _offered(run, fit):
                continue
            if fit.applied or _goes_through(run, fit):
                seen.add(fit.place)
                yield fit, split


def _is_for_a_split(part: Value) -> bool:
    known = {"train", "validation", "test"}
    named = split_of_name(part.name)
    return named in known or any(source.split in known for source in sources_of(part))


def _offered(run: Run, fit: FitToken) -> bool:
    return all(event.offered for event in run.of(Fitted) if event.place == fit.place)


def _goes_through(run: Run, fit: FitToken) -> bool:
    """Whether data goes through a fit before the learner is fitted anew."""
    fitted_at: Place | None = None
    for event in run.among(Fitted, Transformed):
        if isinstance(event, Fitted) and event.learner is fit.learner:
            fitted_at = event.place
        elif isinstance(event, Transformed) and event.learner is fit.learner and fitted_at == fit.place:
            return True
    return False


def fits_on_held_out_data(run: Run) -> Iterator[tuple[Fitted, str]]:
    """The fits on data that is called validation or test data, and which of the two; each once.

    Only where the same kind of learner is fitted on other data as well, so that the parts are prepared differently.
    """
    fits = run.of(Fitted)
    seen: set[Place] = set()
    for event in fits:
        if event.offered or event.frames or event.place in seen or event.what in _HARMLESS | {"resampler"}:
            continue
        held_out = _held_out(event.value)
        if held_out is not None and any(_is_counterpart(other, event) for other in fits):
            seen.add(event.place)
            yield event, held_out


def _held_out(value: Value) -> str | None:
    """Validation or test, where the name tells it and the sources don't contradict."""
    named = split_of_name(value.name)
    if named not in ("validation", "test") or models_of(value):
        return None
    splits = {source.split for source in sources_of(value)}
    return named if "train" not in splits else None


def _is_counterpart(other: Fitted, event: Fitted) -> bool:
    if other.what != event.what or other.value is event.value or _held_out(other.value) is not None:
        return False
    return other.learner is event.learner or event.what != "reducer"
