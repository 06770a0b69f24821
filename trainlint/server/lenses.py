"""A line above each training loop: how long it runs, on what, what it evaluates, when it saves."""

from __future__ import annotations

from lsprotocol import types as lsp

from trainlint.server.diagnostics import to_range
from trainlint.server.folder import Outcome
from trainlint.server.places import Places
from trainlint.trace.outline import training_line


def lenses(outcome: Outcome, places: Places, uri: str) -> list[lsp.CodeLens]:
    """The lenses of one document. They only tell: their command is empty."""
    found: dict[tuple[int, str], lsp.CodeLens] = {}
    for run in outcome.runs:
        for training in run.trainings:
            span = places.span(training.loop.place)
            if span.uri == uri:
                title = training_line(run, training)
                found.setdefault((span.line, title), lsp.CodeLens(to_range(span), lsp.Command(title, "")))
    return [found[key] for key in sorted(found)]
