"""Rounds of federated training: copies of a shared network are trained, and their weights are put back into it."""

from __future__ import annotations

from trainlint.trace.anatomy import bare
from trainlint.trace.events import Backward, Loaded, Loop, Made
from trainlint.trace.kinds import Happenings
from trainlint.trace.merge import options_of
from trainlint.trace.tokens import models
from trainlint.trace.values import Library


def rounds_of_copies(run: Happenings) -> set[Loop]:
    """Loops in which copies of a network learn, or new ones that are given its weights, and which put into the network itself
    what they learnt: all their rounds are one training, though each has optimizers of its own."""
    states = [event for event in run.of(Loaded) if event.into is not None and not _is_from_file(event)]
    filled = {id(bare(event.into)) for event in states if event.into is not None}
    copies = {
        id(made.thing): made
        for made in run.of(Made)
        if made.role == "copy" or (made.role in ("module", "model", "container") and id(made.thing) in filled)
    }
    if not copies or not states:
        return set()
    trained = {id(bare(model)) for backward in run.of(Backward) for model in models(backward.tokens)}
    learning = {frame.loop for thing, made in copies.items() if thing in trained for frame in made.frames}
    own = {id(made.thing): {frame.loop for frame in made.frames} for made in run.of(Made)}
    found: set[Loop] = set()
    for loaded in states:
        if loaded.into is None or id(bare(loaded.into)) in trained:
            continue
        made_in = own.get(id(bare(loaded.into)), set())
        found |= {frame.loop for frame in loaded.frames if frame.loop in learning and frame.loop not in made_in}
    return found


def _is_from_file(event: Loaded) -> bool:
    return any(isinstance(option, Library) and option.role == "checkpoint" for option in options_of(event.value))
