"""Data that several processes share: which samplers part it, and whether these are told the epoch."""

from __future__ import annotations

import re
from collections.abc import Iterator

import msgspec

from trainlint.trace.anatomy import bare
from trainlint.trace.datasets import loaders
from trainlint.trace.events import Escaped, Event, LoopKind, Made, SamplerEpochSet
from trainlint.trace.merge import options_of, sources_of
from trainlint.trace.values import Constant, Library, Value
from trainlint.trace.view import Training

# Ways of going back after which no framework looks after loaders and samplers.
OWN = frozenset({"tensor", "scaler", "combined", "grad"})
# Conditions that ask whether there are several processes.
_DISTRIBUTED = re.compile(r"distribut|\bddp\b|world_?size|local_?rank|multi_?gpu|num_?gpus|n_?gpus?\b", re.I)


class Unset(msgspec.Struct, frozen=True):
    """A sampler that is not told the epoch in the ``training`` that it serves.

    ``told`` is where it is told after all, under a condition on which the sampler does not depend.
    """

    training: Training
    sampler: Library
    made: Made
    told: SamplerEpochSet | None


def epochs_unset(training: Training) -> Iterator[Unset]:
    """The shuffling distributed samplers of the data trained on that no epoch reaches."""
    made = [event for event in training.run.of(Made) if event.role == "sampler" and _shuffles(event.thing)]
    if not made or not _repeats(training):
        return
    held = _in_loaders(training)
    for event in made:
        sampler = event.thing
        assert isinstance(sampler, Library)
        serves = any(sampler is other for other in held) if held else _picks(sampler, training)
        if not serves or any(_may_tell(escaped, sampler) for escaped in training.escaped()):
            continue
        told = [told for told in training.run.of(SamplerEpochSet) if _is_meant(told, sampler)]
        inside = [event for event in told if event.inside(training.loop)]
        if not inside and not told:
            yield Unset(training, sampler, event, None)
        elif inside and all(_depends(each, event, training) for each in inside):
            yield Unset(training, sampler, event, inside[0])


def _shuffles(sampler: Value) -> bool:
    return isinstance(sampler, Library) and bool(sampler.trait("distributed")) and sampler.constant("shuffle") is True


def _repeats(training: Training) -> bool:
    """Whether a training goes over its data more than once, in loops of the program's own."""
    loop = training.loop
    return (
        loop.kind is not LoopKind.FRAMEWORK
        and loop.rounds != 1
        and training.batch_loop is not loop
        and all(backward.via in OWN for backward in training.backwards)
    )


def _in_loaders(training: Training) -> list[Value]:
    """The shuffling distributed samplers of the loaders trained on; none where options of the program bring them in."""
    return [sampler for loader in loaders(training.sources) for sampler in samplers(loader) if _shuffles(sampler)]


def _picks(sampler: Library, training: Training) -> bool:
    """Whether it picks from the data that a training is on, rather than from data that is measured there."""
    picked = sources_of(sampler.arguments.get("dataset"))
    below = {source for trained in training.sources for source in trained.ancestors()}
    return any(source in below for source in picked)


def _may_tell(escaped: Escaped, sampler: Library) -> bool:
    """Whether unknown code in the epoch loop is given the sampler, or a loader or object that holds it."""
    return any(value is sampler or _holds(value, sampler) for value in map(bare, escaped.values))


def _holds(value: Value, sampler: Library) -> bool:
    return isinstance(value, Library) and any(option is sampler for option in samplers(value))


def samplers(loader: Library) -> list[Value]:
    """What picks the samples of a loader, also from within a batch sampler; empty where nothing is given."""
    found: list[Value] = []
    for name in ("sampler", "batch_sampler"):
        for option in options_of(loader.arguments.get(loader.parameter(name))):
            if isinstance(option, Constant):
                continue
            inner = option.arguments.get("sampler") if isinstance(option, Library) else None
            found += [option, *options_of(inner)]
    return found


def _is_meant(told: SamplerEpochSet, sampler: Library) -> bool:
    """Whether it is this sampler that is told, or one that may be it."""
    other = bare(told.sampler)
    known = isinstance(other, Library) and bool(other.trait("distributed")) and other.place is not None
    return not known or other is sampler or getattr(other, "place", None) == sampler.place


def _depends(told: SamplerEpochSet, made: Event, training: Training) -> bool:
    """Whether the epoch is told where there are several processes only, and the sampler is in use without them as well.

    A sampler that is given neither number nor rank asks the process group for them: without one there is no sampler.
    """
    sampler = made.thing if isinstance(made, Made) else None
    if not isinstance(sampler, Library) or not {"num_replicas", "rank"} <= sampler.arguments.keys():
        return False
    if made.guards:
        return False
    common = {(guard.place, guard.side) for step in training.steps for guard in step.guards}
    return any(
        guard.side and _DISTRIBUTED.search(guard.text) and (guard.place, guard.side) not in common
        for guard in told.guards
    )
