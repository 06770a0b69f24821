"""Findings as an editor shows them, by document."""

from __future__ import annotations

from collections import defaultdict

from lsprotocol import types as lsp

from trainlint.findings import Level
from trainlint.results import Diagnosis
from trainlint.server.folder import Outcome
from trainlint.server.places import Places, Span

SEVERITIES = {
    Level.ERROR: lsp.DiagnosticSeverity.Error,
    Level.WARNING: lsp.DiagnosticSeverity.Warning,
    Level.ADVICE: lsp.DiagnosticSeverity.Information,
}


def to_range(span: Span) -> lsp.Range:
    return lsp.Range(
        lsp.Position(span.line, span.character),
        lsp.Position(span.end_line, span.end_character),
    )


def diagnostics_of(outcome: Outcome, places: Places) -> dict[str, list[lsp.Diagnostic]]:
    """The diagnostics of each document that has some, by its URI."""
    found: dict[str, list[lsp.Diagnostic]] = defaultdict(list)
    for diagnosis in outcome.report.diagnoses:
        span = places.span(diagnosis.finding.place)
        found[span.uri].append(_diagnostic(diagnosis, span, places))
    for key, module in outcome.program.modules.items():
        for problem in module.problems:
            _add_problem(found, outcome, places, key, problem.line, problem.cell, problem.message)
    return found


def _diagnostic(diagnosis: Diagnosis, span: Span, places: Places) -> lsp.Diagnostic:
    finding = diagnosis.finding
    return lsp.Diagnostic(
        range=to_range(span),
        message=f"{finding.message} ({finding.name})",
        severity=SEVERITIES[finding.level],
        code=finding.code,
        source="trainlint",
        related_information=[
            lsp.DiagnosticRelatedInformation(lsp.Location(there.uri, to_range(there)), related.message)
            for related in finding.related
            for there in [places.span(related.place)]
        ]
        or None,
        data=diagnosis.fingerprint,
    )


def _add_problem(
    found: dict[str, list[lsp.Diagnostic]],
    outcome: Outcome,
    places: Places,
    key: str,
    line: int | None,
    cell: int | None,
    message: str,
) -> None:
    """A cell that can't be parsed: the others are linted, but what this one does is not known."""
    for path, document in outcome.documents.items():
        cells = getattr(document, "cells", None)
        if cells is not None and cell is not None and places.key(path) == key:
            row = (line or 1) - 1
            found[cells[cell - 1].uri].append(
                lsp.Diagnostic(
                    lsp.Range(lsp.Position(row, 0), lsp.Position(row + 1, 0)),
                    message,
                    lsp.DiagnosticSeverity.Information,
                    source="trainlint",
                )
            )
