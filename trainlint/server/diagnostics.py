"""Findings as an editor shows them, by document."""

from __future__ import annotations

from collections import defaultdict

from lsprotocol import types as lsp

from trainlint.facts import ir
from trainlint.findings import Level
from trainlint.results import Diagnosis
from trainlint.server.documents import OpenNotebook
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
    for path, document in outcome.documents.items():
        module = outcome.program.modules.get(places.key(path))
        if isinstance(document, OpenNotebook) and module is not None:
            for problem in module.problems:
                if problem.cell is not None:
                    found[document.cells[problem.cell - 1].uri].append(_unparsed(problem))
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


def _unparsed(problem: ir.Problem) -> lsp.Diagnostic:
    """A cell that can't be parsed: the others are linted, but what this one does is not known."""
    row = (problem.line or 1) - 1
    where = lsp.Range(lsp.Position(row, 0), lsp.Position(row + 1, 0))
    return lsp.Diagnostic(where, problem.message, lsp.DiagnosticSeverity.Information, source="trainlint")
