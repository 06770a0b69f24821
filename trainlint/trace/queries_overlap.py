"""Held-out data that is training data: the same object, the same folder, overlapping indices."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from trainlint.findings import Place
from trainlint.trace.events import Made
from trainlint.trace.merge import options_of
from trainlint.trace.queries_data import bases, chain, identity, label, makers, restriction
from trainlint.trace.values import Choice, Constant, Data, Instance, Library, ListValue, TupleValue, Value
from trainlint.trace.view import HELD_OUT, Run, split_told


@dataclass(frozen=True, slots=True)
class Overlap:
    """Held-out data that shares samples with the training data, and how."""

    held_out: str
    place: Place
    how: str
    training_place: Place | None


def overlaps(run: Run) -> Iterator[Overlap]:
    """The loaders and data sets of a run that are called validation or test data and are training data."""
    trained = makers({source for training in run.trainings for source in training.sources})
    for held in _held_out(run):
        for used in trained:
            if used is held:
                continue
            how = _overlap(used, held)
            if how is not None and held.place is not None:
                yield Overlap(label(held), held.place, how, used.place)
                break


def _held_out(run: Run) -> list[Library | Instance]:
    """Loaders that are called validation or test data, or of which an evaluation says so."""
    found: list[Library | Instance] = []
    for made in run.of(Made):
        thing = made.thing
        if made.role == "loader" and not made.offered and isinstance(thing, Library) and not _seen(thing, found):
            if split_told(thing.name) in HELD_OUT:
                found.append(thing)
    return found


def _seen(value: Value, found: list[Library | Instance]) -> bool:
    return any(value is other for other in found)


def _overlap(used: Library | Instance, held: Library | Instance) -> str | None:
    """How two loaders share samples; None where they don't, or nothing is known."""
    left, right = chain(used), chain(held)
    if any(isinstance(link, Library) and _is_undecided(link) for link in [*left, *right]):
        return None
    common = next((link for link in right[1:] if any(link is other for other in left[1:])), None)
    if common is not None:
        mine, theirs = _restrictions(left, common), _restrictions(right, common)
        if not mine:
            return f"both read {label(common)}" if not theirs else f"training reads all of {label(common)}"
        if mine and theirs and all(_same(a, b) for a, b in zip(mine, theirs, strict=False)) and len(mine) == len(theirs):
            return f"both take the same part of {label(common)}"
        if len(mine) == len(theirs) == 1 and _ranges_meet(mine[0], theirs[0]):
            return f"their indices of {label(common)} overlap"
        return None
    return _same_files(left, right)


def _is_undecided(link: Library) -> bool:
    return isinstance(link.arguments.get("dataset"), Choice)


def _restrictions(links: list[Library | Instance], common: Library | Instance) -> list[Value]:
    above = links[: next(i for i, link in enumerate(links) if link is common)]
    found = [restriction(link) for link in above]
    # An instance in between may take a part in its own way.
    found += [link for link in above if isinstance(link, Instance)]
    return [value for value in found if value is not None]


def _same(left: Value, right: Value) -> bool:
    return left is right and not (isinstance(left, Library) and left.dotted == "<part>")


def _ranges_meet(left: Value, right: Value) -> bool:
    mine, theirs = _range(left), _range(right)
    if mine is None or theirs is None:
        return False
    return max(mine[0], theirs[0]) < min(mine[1], theirs[1])


def _range(value: Value) -> tuple[float, float] | None:
    """The constant range of indices, or None."""
    if isinstance(value, ListValue | TupleValue):
        return None
    bounds = getattr(value, "bounds", None)
    if bounds is None and isinstance(value, Library) and value.dotted == "<part>":
        bounds = value.state.get("bounds")
    return bounds if isinstance(bounds, tuple) else None


def _same_files(left: list[Library | Instance], right: list[Library | Instance]) -> str | None:
    if any(restriction(link) is not None for link in [*left, *right]):
        return None
    for mine in _bottoms(left):
        for theirs in _bottoms(right):
            if mine is not theirs and identity(mine) == identity(theirs):
                return f"{label(theirs)} and {label(mine)} read the same data"
    return None


def _bottoms(links: list[Library | Instance]) -> list[Library | Instance]:
    return bases(links[0]) if links else []


__all__ = ["Overlap", "overlaps"]
