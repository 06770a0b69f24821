"""Takes suppressed findings out, and reports suppressions that are unused or not understood."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from trainlint.facts import ir
from trainlint.findings import Finding, Place
from trainlint.packs import Registry
from trainlint.suppressions.kinds import KINDS, BlanketSuppression, UnknownSuppression, UnusedSuppression

_OWN_CODES = frozenset(kind.code for kind in KINDS)


@dataclass
class _Comment:
    """One suppression comment of one file, with the lines that it covers (None: the whole file)."""

    place: Place
    lines: range | None
    wanted: dict[str, str]  # code -> the word that names it
    used: set[str] = field(default_factory=set)

    def covers(self, code: str, line: int) -> bool:
        return code in self.wanted and (self.lines is None or line in self.lines)


def apply_suppressions(
    findings: Iterable[Finding],
    modules: Mapping[str, ir.Module],
    registry: Registry,
    enabled: Mapping[str, frozenset[str]],
) -> list[Finding]:
    """The findings that no comment suppresses, and those about the comments themselves.

    ``enabled`` has the codes that are on for each file: a suppression of a rule that is off is not called unused.
    """
    comments: dict[str, list[_Comment]] = {}
    about: list[Finding] = []
    for path, module in modules.items():
        if module.suppressions:
            comments[path] = []
            for suppression in module.suppressions:
                comment, complaints = _understood(path, module, suppression, registry)
                comments[path].append(comment)
                about += complaints
    kept = _unsuppressed(findings, modules, comments)
    about += [complaint for path in comments for complaint in _unused(comments[path], enabled[path])]
    wanted = (finding for finding in about if finding.code in enabled[finding.place.path])
    return kept + _unsuppressed(wanted, modules, comments)


def _understood(
    path: str, module: ir.Module, suppression: ir.Suppression, registry: Registry
) -> tuple[_Comment, list[Finding]]:
    place = Place(path, suppression.start, suppression.end)
    whole_file = suppression.scope == "file"
    comment = _Comment(place, None if whole_file else _covered(module, _line(module, suppression.start)), {})
    if not suppression.rules:
        form = "ignore-file" if whole_file else "ignore"
        message = f"`{form}` without a list of rules is not obeyed: name them, as in `{form}[no-validation]`"
        return comment, [BlanketSuppression.at(place, message)]
    complaints = []
    for word in suppression.rules:
        entry = registry.find(word)
        if entry is None:
            if registry.missing:
                continue  # it may be one of those that were not loaded
            nearest = registry.suggestion(word)
            hint = f"; did you mean `{nearest}`?" if nearest else ""
            complaints.append(UnknownSuppression.at(place, f"no rule has the code or name `{word}`{hint}"))
        else:
            comment.wanted[entry.code] = word
    return comment, complaints


def _unsuppressed(
    findings: Iterable[Finding], modules: Mapping[str, ir.Module], comments: Mapping[str, list[_Comment]]
) -> list[Finding]:
    kept = []
    for finding in findings:
        path = finding.place.path
        line = _line(modules[path], finding.place.start) if path in comments else 0
        covering = [comment for comment in comments.get(path, ()) if comment.covers(finding.code, line)]
        for comment in covering:
            comment.used.add(finding.code)
        if not covering:
            kept.append(finding)
    return kept


def _unused(comments: Iterable[_Comment], enabled: frozenset[str]) -> Iterator[Finding]:
    for comment in comments:
        for code, word in comment.wanted.items():
            if code not in comment.used and code in enabled and code not in _OWN_CODES:
                where = "in this file" if comment.lines is None else "here"
                yield UnusedSuppression.at(comment.place, f"nothing to suppress: `{word}` finds nothing {where}")


def _line(module: ir.Module, offset: int) -> int:
    """The line of the program text, from 1."""
    return bisect_right(module.line_starts, offset)


def _covered(module: ir.Module, line: int) -> range:
    """The lines of the statement that a line belongs to."""
    spans = [span for span in module.statements if span.first <= line <= span.last]
    narrowest = min(spans, key=lambda span: span.last - span.first, default=None)
    return range(line, line + 1) if narrowest is None else range(narrowest.first, narrowest.last + 1)
