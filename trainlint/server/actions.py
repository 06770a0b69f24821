"""What an editor offers to do about a finding: its fix, all safe fixes of the document, a comment that ignores it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator

from lsprotocol import types as lsp

from trainlint.findings import Applicability, Edit, Fix
from trainlint.results import Diagnosis
from trainlint.server.diagnostics import to_range
from trainlint.server.folder import Outcome
from trainlint.server.places import Places
from trainlint.suppressions.comments import with_suppression

FIX_ALL = "source.fixAll.trainlint"
KINDS = (lsp.CodeActionKind.QuickFix, FIX_ALL)


def actions(
    outcome: Outcome,
    places: Places,
    uri: str,
    lines: tuple[int, int],
    shown: Iterable[lsp.Diagnostic],
    only: Iterable[str] | None,
) -> Iterator[lsp.CodeAction]:
    """The actions for a range of lines of a document; ``only`` are the kinds that the editor wants."""
    here = [each for each in outcome.report.diagnoses if places.span(each.finding.place).uri == uri]
    if _wants(only, lsp.CodeActionKind.QuickFix):
        for diagnosis in here:
            if places.span(diagnosis.finding.place).meets(*lines):
                yield from _quick(diagnosis, outcome, places, [d for d in shown if d.data == diagnosis.fingerprint])
    if _wants(only, FIX_ALL):
        safe = _together([each.finding.fix for each in here if each.finding.fix is not None])
        if safe:
            yield lsp.CodeAction(
                "Fix all that trainlint can safely fix here", FIX_ALL, edit=_workspace_edit(safe, places)
            )


def _wants(only: Iterable[str] | None, kind: str) -> bool:
    """Whether a kind is asked for, itself or by a kind above it."""
    return only is None or any(kind == each or kind.startswith(f"{each}.") for each in map(str, map(_value, only)))


def _value(kind: object) -> object:
    return getattr(kind, "value", kind)


def _quick(
    diagnosis: Diagnosis, outcome: Outcome, places: Places, shown: list[lsp.Diagnostic]
) -> Iterator[lsp.CodeAction]:
    finding = diagnosis.finding
    fix = finding.fix
    if fix is not None and fix.applicability is not Applicability.DISPLAY:
        unsafe = fix.applicability is Applicability.UNSAFE
        yield lsp.CodeAction(
            f"{fix.message}{' (review it: something else may depend on this)' if unsafe else ''} ({finding.code})",
            lsp.CodeActionKind.QuickFix,
            shown or None,
            is_preferred=not unsafe,
            edit=_workspace_edit(fix.edits, places),
        )
    key = finding.place.path
    source, module = outcome.program.sources[key], outcome.program.modules[key]
    edit = with_suppression(source.text, module.line_starts, finding.place, finding.name)
    if edit is not None:
        yield lsp.CodeAction(
            f"Ignore {finding.name} on this line",
            lsp.CodeActionKind.QuickFix,
            shown or None,
            edit=_workspace_edit([edit], places),
        )


def _together(fixes: Iterable[Fix]) -> list[Edit]:
    """The edits of the safe fixes that don't touch one another; an editor asks again for those that are left."""
    taken: list[Edit] = []
    for fix in fixes:
        if fix.applicability is Applicability.SAFE and not any(
            _touch(edit, other) for edit in fix.edits for other in taken
        ):
            taken.extend(fix.edits)
    return taken


def _touch(one: Edit, other: Edit) -> bool:
    if one.place.path != other.place.path:
        return False
    return one.place.start <= other.place.end and other.place.start <= one.place.end


def _workspace_edit(edits: Iterable[Edit], places: Places) -> lsp.WorkspaceEdit:
    changes: dict[str, list[lsp.TextEdit]] = defaultdict(list)
    for edit in edits:
        span = places.span(edit.place)
        changes[span.uri].append(lsp.TextEdit(to_range(span), edit.replacement))
    return lsp.WorkspaceEdit(changes=dict(changes))
