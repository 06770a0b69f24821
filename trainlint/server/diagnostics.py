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


def diagnostics_of(outcome: Outcome, places: Places, *, relates: bool) -> dict[str, list[lsp.Diagnostic]]:
    """The diagnostics of each document that has some, by its URI. ``relates`` says whether the editor shows related places;
    for one that does not, they are lines of the message."""
    found: dict[str, list[lsp.Diagnostic]] = defaultdict(list)
    for diagnosis in outcome.report.diagnoses:
        span = places.span(diagnosis.finding.place)
        found[span.uri].append(_diagnostic(diagnosis, span, places, relates))
    for path, document in outcome.documents.items():
        module = outcome.program.modules.get(places.key(path))
        if isinstance(document, OpenNotebook) and module is not None:
            for problem in module.problems:
                if problem.cell is not None:
                    found[document.cells[problem.cell - 1].uri].append(_unparsed(problem))
    return found


def _diagnostic(diagnosis: Diagnosis, span: Span, places: Places, relates: bool) -> lsp.Diagnostic:
    finding = diagnosis.finding
    related = [
        lsp.DiagnosticRelatedInformation(lsp.Location(there.uri, to_range(there)), each.message)
        for each in finding.related
        for there in [places.span(each.place)]
    ]
    told = [f"{places.in_words(each.place, finding.place.path)}: {each.message}" for each in finding.related]
    return lsp.Diagnostic(
        range=to_range(span),
        message="\n".join([f"{finding.message} ({finding.name})", *(() if relates else told)]),
        severity=SEVERITIES[finding.level],
        code=finding.code,
        source="trainlint",
        related_information=related if related and relates else None,
        data=diagnosis.fingerprint,
    )


def _unparsed(problem: ir.Problem) -> lsp.Diagnostic:
    """A cell that can't be parsed: the others are linted, but what this one does is not known."""
    row = (problem.line or 1) - 1
    where = lsp.Range(lsp.Position(row, 0), lsp.Position(row + 1, 0))
    return lsp.Diagnostic(where, problem.message, lsp.DiagnosticSeverity.Information, source="trainlint")
