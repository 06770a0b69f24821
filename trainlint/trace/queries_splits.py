"""Splits that are drawn at random: what seeds them, and whether their parts are kept."""

from __future__ import annotations

from trainlint.trace.events import Saved, Seeded, SplitDrawn
from trainlint.trace.merge import tokens_of
from trainlint.trace.queries_saving import written_elsewhere
from trainlint.trace.tokens import PermutedToken, Source
from trainlint.trace.view import Run


def writes_parts(run: Run, split: SplitDrawn) -> bool:
    """Whether the parts of a split are written to disk, so that later runs read them."""
    written = [event.tokens for event in run.of(Saved)]
    written += map(tokens_of, written_elsewhere(run))
    return any(
        (isinstance(token, PermutedToken) and token.place == split.place)
        or (isinstance(token, Source) and token.part == "random_split" and token.place == split.place)
        for tokens in written
        for token in tokens
    )


def seed_before(run: Run, split: SplitDrawn) -> Seeded | None:
    """The last global seed that a split is drawn by."""
    wanted = ("all", split.draws)
    before = [event for event in run.of(Seeded) if event.order < split.order and event.what in wanted]
    return before[-1] if before else None
