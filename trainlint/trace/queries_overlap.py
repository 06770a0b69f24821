"""Held-out data that is training data: the same object, the same folder, overlapping indices."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TypeAlias

import msgspec

from trainlint.findings import Place
from trainlint.knowledge.conventions import split_of_name
from trainlint.trace.datasets import makers
from trainlint.trace.events import Made
from trainlint.trace.merge import distinct
from trainlint.trace.survey import Survey, label
from trainlint.trace.tokens import HELD_OUT
from trainlint.trace.values import Choice, Instance, Library, Stream, Value
from trainlint.trace.view import Run, Training

Chain: TypeAlias = "tuple[Library | Instance, ...]"


class Overlap(msgspec.Struct, frozen=True):
    """Held-out data that shares samples with the training data, and how."""

    held_out: str
    place: Place
    how: str
    training_place: Place | None


def overlaps(run: Run) -> Iterator[Overlap]:
    """The loaders of a run that are called validation or test loaders and yield training data."""
    for held in _held_out(run):
        for used in makers({source for training in _watched_by(run, held) for source in training.sources}):
            found = _overlap(run.survey, used, held) if used is not held else None
            if found is not None:
                yield Overlap(label(held), found[1], found[0], used.place)
                break
    yield from _handed_over(run)


def _watched_by(run: Run, held: Library) -> list[Training]:
    """The trainings that go over some held-out data; all, where none does that. What one training of a notebook holds out,
    another one may learn from."""
    passes = [event for event in run.iterations if any(source is held.source for source in event.sources)]
    return [t for t in run.trainings if any(event.inside(t.loop) for event in passes)] or run.trainings


def _handed_over(run: Run) -> Iterator[Overlap]:
    """A trainer that is given one data set for both purposes."""
    for made in run.of(Made):
        trainer = made.thing
        if made.role == "framework" and isinstance(trainer, Library) and not made.offered:
            train, held = trainer.arguments.get("train_dataset"), trainer.arguments.get("eval_dataset")
            if train is held and isinstance(train, Library | Instance):
                how = f"the trainer is given {label(train)} for both"
                yield Overlap("`eval_dataset`", made.place, how, train.place)


def _held_out(run: Run) -> list[Library]:
    """Loaders whose name, or that of the function that makes them, says validation or test."""
    found: list[Library] = []
    for made in run.of(Made):
        thing = made.thing
        if made.role == "loader" and not made.offered and isinstance(thing, Library):
            name = thing.name or (made.calls[-1].function if made.calls else None)
            if split_of_name(name) in HELD_OUT:
                found.append(thing)
    return distinct(found)


def _overlap(survey: Survey, used: Library | Instance, held: Library) -> tuple[str, Place] | None:
    """How two loaders share samples, and where the held-out data is made; None where they don't, or nothing is known."""
    left, right = survey.chain(used), survey.chain(held)
    assert held.place is not None
    if any(_is_undecided(link) for link in [*left, *right]):
        return None
    common = next((link for link in right[1:] if any(link is other for other in left[1:])), None)
    if common is not None:
        how = _of_one(label(common), _restrictions(survey, left, common), _restrictions(survey, right, common))
        return (how, held.place) if how is not None else None
    return _of_two(survey, left, right)


def _of_one(name: str, mine: list[Value], theirs: list[Value]) -> str | None:
    """How two parts of one data set overlap."""
    if not mine:
        return f"both read {name}" if not theirs else f"the training goes over all of {name}"
    if len(mine) != len(theirs):
        return None
    if all(left is right for left, right in zip(mine, theirs, strict=True)):
        return f"both take the same part of {name}"
    if len(mine) == 1 and _ranges_meet(mine[0], theirs[0]):
        return f"their indices of {name} overlap"
    return "they are parts of two different random splits" if _are_drawn_apart(mine[0], theirs[0]) else None


def _of_two(survey: Survey, left: Chain, right: Chain) -> tuple[str, Place] | None:
    """How two data sets over the same files overlap."""
    mine, theirs = survey.bases(left[0]), survey.bases(right[0])
    if len(mine) != 1 or len(theirs) != 1 or mine[0] is theirs[0] or theirs[0].place is None:
        return None
    identity = survey.link(mine[0]).identity
    if identity is None or identity != survey.link(theirs[0]).identity:
        return None
    ours, others = _restrictions(survey, left, mine[0]), _restrictions(survey, right, theirs[0])
    if not ours and not others:
        return f"{label(theirs[0])} and {label(mine[0])} read the same data", theirs[0].place
    if len(ours) == len(others) == 1 and _are_drawn_apart(ours[0], others[0]):
        place = others[0].place if isinstance(others[0], Library) else None
        return "it is a part of another random split than the training part", place or theirs[0].place
    return None


def _are_drawn_apart(left: Value, right: Value) -> bool:
    """Whether two parts come from two random splits: a seeded draw gives the same parts again."""
    parts = [value for value in (left, right) if isinstance(value, Library) and value.dotted == "<part>"]
    # A copy of a part is made elsewhere; its source still tells which split it was drawn in.
    drawn = [part.source.place for part in parts if part.source is not None and part.source.part == "random_split"]
    return len(drawn) == 2 and drawn[0] != drawn[1] and not any(part.state.get("seeded") for part in parts)


def _is_undecided(link: Library | Instance) -> bool:
    return isinstance(link, Library) and isinstance(link.arguments.get("dataset"), Choice)


def _restrictions(survey: Survey, links: Chain, common: Library | Instance) -> list[Value]:
    above = links[: next(i for i, link in enumerate(links) if link is common)]
    found = [survey.restriction(link) for link in above]
    # An instance in between may take a part in its own way.
    found += [link for link in above if isinstance(link, Instance)]
    return [value for value in found if value is not None]


def _ranges_meet(left: Value, right: Value) -> bool:
    mine, theirs = _range(left), _range(right)
    if mine is None or theirs is None:
        return False
    return max(mine[0], theirs[0]) < min(mine[1], theirs[1])


def _range(value: Value) -> tuple[float, float] | None:
    """The constant range of indices, or None."""
    bounds = (
        value.bounds if isinstance(value, Stream) else value.state.get("bounds") if isinstance(value, Library) else None
    )
    return bounds if isinstance(bounds, tuple) else None
