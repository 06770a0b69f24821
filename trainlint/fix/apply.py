"""Applies fixes in memory, round after round, until none is left that may be applied."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from trainlint.facts import FactsError, Source, source_from_bytes
from trainlint.findings import Applicability, Edit, Finding
from trainlint.fix.contents import edited
from trainlint.program import Program
from trainlint.results import Report

# One fix can make room for the next (two that touch one line, a mistake seen only behind another). ruff stops at 10 too.
ROUNDS = 10


@dataclass
class Fixed:
    """What applying gave: the last ``report``, the ``applied`` findings, and the files as they were and as they would be."""

    report: Report
    applied: list[Finding] = field(default_factory=list)
    before: dict[str, bytes] = field(default_factory=dict)
    after: dict[str, bytes] = field(default_factory=dict)
    names: dict[str, str] = field(default_factory=dict)
    problems: list[str] = field(default_factory=list)


class _Changed(Exception):
    """A file is another one than was linted."""


def apply_fixes(
    program: Program,
    lint: Callable[[Program], Report],
    allowed: Collection[Applicability],
    contents: Mapping[str, bytes] | None = None,
) -> Fixed:
    """Apply the fixes of the ``allowed`` kinds, in memory. ``contents`` are the bytes of files that lie on no disk."""
    result = Fixed(lint(program))
    refused: set[tuple[str, str]] = set()
    for _ in range(ROUNDS):
        chosen = [item for item in _chosen(result.report, allowed) if _key(item) not in refused]
        if not chosen:
            break
        for group in _together(chosen):
            program = _step(program, group, result, refused, contents or {})
        result.report = lint(program)
    return result


def _step(
    program: Program,
    findings: Sequence[Finding],
    result: Fixed,
    refused: set[tuple[str, str]],
    contents: Mapping[str, bytes],
) -> Program:
    """Apply fixes that belong together; where the result can't be parsed, leave them and say so."""
    edits: dict[str, list[Edit]] = defaultdict(list)
    for finding in findings:
        for edit in finding.fix.edits if finding.fix else ():
            edits[edit.place.path].append(edit)
    try:
        data = {key: _bytes(program.sources[key], key, result, contents) for key in edits}
        new = {key: edited(program.sources[key], data[key], edits[key]) for key in edits}
        sources = {key: source_from_bytes(program.sources[key].path, value) for key, value in new.items()}
        changed = program.with_sources(sources)
    except _Changed as error:
        result.problems.append(str(error))
    except FactsError as error:
        result.problems.append(
            f"{error}; this is what a fix would make of the file, so it was not applied; please report this"
        )
    else:
        for key, value in new.items():
            result.before.setdefault(key, data[key])
            result.after[key] = value
            result.names[key] = program.sources[key].path
        result.applied += findings
        return changed
    refused |= {_key(finding) for finding in findings}
    return program


def _bytes(source: Source, key: str, result: Fixed, contents: Mapping[str, bytes]) -> bytes:
    if key in result.after:
        return result.after[key]
    if key in contents:
        return contents[key]
    try:
        data = Path(source.path).read_bytes()
    except OSError as error:
        raise _Changed(f"{source.path}: can't be read again to be fixed: {error.strerror or error}") from error
    if source_from_bytes(source.path, data).digest != source.digest:
        raise _Changed(f"{source.path}: has changed since it was linted, so it was not fixed; run trainlint again")
    return data


def _chosen(report: Report, allowed: Collection[Applicability]) -> Iterator[Finding]:
    """Findings whose fixes may be applied at once: no two of them touch the same text, other than by the same edit."""
    taken: dict[str, list[Edit]] = defaultdict(list)
    for diagnosis in report.diagnoses:
        fix = diagnosis.finding.fix
        if fix is None or fix.applicability not in allowed:
            continue
        if any(_clash(edit, other) for edit in fix.edits for other in taken[edit.place.path]):
            continue
        for edit in fix.edits:
            taken[edit.place.path].append(edit)
        yield diagnosis.finding


def _clash(edit: Edit, other: Edit) -> bool:
    if edit == other and edit.replacement.startswith("import "):
        return False  # both need it, and it is made once
    one, two = edit.place, other.place
    if one.start == two.start:
        return True
    return one.start < two.end and two.start < one.end


def _together(findings: Iterable[Finding]) -> Iterator[list[Finding]]:
    """Findings by the files that their fixes change, so that one bad fix holds back only what shares a file with it."""
    groups: list[tuple[set[str], list[Finding]]] = []
    for finding in findings:
        files = {edit.place.path for edit in finding.fix.edits} if finding.fix else set()
        meeting = [group for group in groups if group[0] & files]
        groups = [group for group in groups if not group[0] & files]
        groups.append((files.union(*(group[0] for group in meeting)), [f for g in meeting for f in g[1]] + [finding]))
    for _, members in groups:
        yield members


def _key(finding: Finding) -> tuple[str, str]:
    return finding.code, finding.place.path
