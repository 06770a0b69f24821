"""Test data that is the validation data under another name."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from trainlint.findings import Place
from trainlint.knowledge.conventions import split_of_name
from trainlint.trace.events import Designated, Event, Made
from trainlint.trace.survey import Survey, label
from trainlint.trace.values import Choice, Instance, Library, Value
from trainlint.trace.view import Run


class Reuse(msgspec.Struct, frozen=True):
    """Validation data that is taken for test data at a place, and how it is the same."""

    place: Place
    how: str
    validation_place: Place | None


class _Given(msgspec.Struct, frozen=True):
    event: Event
    data: Library | Instance


def reuses(run: Run) -> Iterator[Reuse]:
    """Where a run tests on what it validates on. Where that is test data, the validation is at fault, and this is silent."""
    tests = list(_given(run, "test"))
    if not tests:
        return
    validations = list(_given(run, "validation"))
    for test in tests:
        for validation in validations:
            how = None if test.event is validation.event else _how(run.survey, validation.data, test.data)
            if how is not None and not (run.trainings and _is_test_data(run.survey, test.data)):
                yield Reuse(test.event.place, how, validation.data.place)
                break


def _given(run: Run, purpose: str) -> Iterator[_Given]:
    """What is validated or tested on: as a framework is told, or as its name says."""
    for event in run.among(Designated, Made):
        if event.offered:
            continue
        if isinstance(event, Designated) and event.purpose == purpose and isinstance(event.value, Library | Instance):
            yield _Given(event, event.value)
        elif isinstance(event, Made) and event.role == "loader" and isinstance(event.thing, Library) and run.trainings:
            if split_of_name(event.thing.name) == purpose:
                yield _Given(event, event.thing)


def _is_test_data(survey: Survey, value: Library | Instance) -> bool:
    """Whether a constructor says that it is test data."""
    links = survey.chain(value)
    return any(link.source is not None and link.source.certain and link.source.split == "test" for link in links)


def _how(survey: Survey, validation: Library | Instance, test: Library | Instance) -> str | None:
    """How both are the same samples; None where they aren't, or may not be."""
    if validation is test:
        named = next((link for link in survey.chain(validation) if link.name), validation)
        return f"it is {label(named)} itself" if named is validation else f"both read {label(named)}"
    mine, theirs = survey.chain(validation), survey.chain(test)
    if any(
        isinstance(link, Library) and isinstance(link.arguments.get("dataset"), Choice) for link in [*mine, *theirs]
    ):
        return None
    common = next((link for link in theirs if any(link is other for other in mine)), None)
    if common is not None:
        ours, others = _parts(survey, mine, common), _parts(survey, theirs, common)
        same = len(ours) == len(others) and all(a is b for a, b in zip(ours, others, strict=True))
        return f"both read {label(common)}" if same else None
    left, right = survey.bases(validation), survey.bases(test)
    if len(left) != 1 or len(right) != 1 or _parts(survey, mine, left[0]) or _parts(survey, theirs, right[0]):
        return None
    identity = survey.link(left[0]).identity
    if identity is None or identity != survey.link(right[0]).identity:
        return None
    return f"{label(right[0])} and {label(left[0])} read the same data"


def _parts(survey: Survey, links: tuple[Library | Instance, ...], common: Library | Instance) -> list[Value]:
    """What takes parts of a data set, between it and a loader."""
    found: list[Value] = []
    for link in links:
        if link is common:
            break
        restriction = survey.restriction(link)
        found += [restriction] if restriction is not None else [link] if isinstance(link, Instance) else []
    return found
