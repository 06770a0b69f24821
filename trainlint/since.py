"""What a change brought: findings on changed lines, and findings elsewhere that were not there before it."""

from __future__ import annotations

import difflib
import hashlib
import os
from bisect import bisect_right
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from pathlib import Path

from trainlint.discover import git
from trainlint.discover.files import SUFFIXES
from trainlint.facts import FactsError, Source
from trainlint.facts.source import source_from_bytes
from trainlint.findings import Place
from trainlint.program import Program, program_at
from trainlint.results import Diagnosis, Report

Lint = Callable[[Program], Report]


class SinceError(Exception):
    """The state before the change can't be had; the text is one line for the user."""


@dataclass(frozen=True)
class Before:
    """The linted files as they were in a commit, by the keys of the program, those ``deleted`` since among them, and
    what was found in them."""

    program: Program
    deleted: frozenset[str]
    report: Report


def only_new(report: Report, program: Program, before: Before) -> Report:
    """The report without what the change has nothing to do with.

    A finding stays where it, or a place that explains it, stands on a changed or added line; or where the program as
    it was has no such finding in that file: a change elsewhere brought it. A file that was moved is compared with the
    deleted ones.
    """
    known: set[tuple[str, str]] = set()
    for each in before.report.diagnoses:
        path = each.finding.place.path
        known.add(("" if path in before.deleted else path, f"{each.finding.code} {each.fingerprint}"))
    changed = {key: _changed_lines(before.program.sources.get(key), source) for key, source in program.sources.items()}

    def is_new(each: Diagnosis) -> bool:
        key, mark = each.finding.place.path, f"{each.finding.code} {each.fingerprint}"
        if key not in before.program.sources:
            return ("", mark) not in known
        places = [each.finding.place, *(related.place for related in each.finding.related)]
        on_changed = any(_rows(program, place) & changed[place.path] for place in places if place.path in changed)
        return on_changed or (key, mark) not in known

    new = tuple(each for each in report.diagnoses if is_new(each))
    return replace(report, diagnoses=new, known=report.known + len(report.diagnoses) - len(new))


def state_before(revision: str, program: Program, is_wanted: Callable[[str], bool], lint: Lint) -> Before:
    """The state at the commit from which ``revision`` and the current one have grown, or at ``revision`` itself where
    the history at hand does not tell. ``is_wanted`` says of a path whether it would be linted.

    Raises SinceError.
    """
    top = git.top_folder(program.root)
    if top is None:
        raise SinceError(f"--diff-base needs a git repository, and {program.root} lies in none that git can read")
    commit = git.commit_of(top, revision)
    if commit is None:
        raise SinceError(f"--diff-base: git knows no commit {revision!r}; a shallow clone may lack it (fetch-depth: 0)")
    commit = git.common_ancestor(top, commit) or commit
    blobs = {path: name for path, name in git.files_at(top, commit).items() if path.endswith(SUFFIXES)}
    root = os.path.realpath(program.root)
    keys = {os.path.relpath(os.path.join(root, key), top).replace(os.sep, "/"): key for key in program.files_read}
    sources = {keys[path]: _source(top, blobs[path], program.files_read[keys[path]]) for path in keys if path in blobs}
    deleted = {}
    for path, name in blobs.items():
        absolute = os.path.join(top, path)
        if path not in keys and not os.path.exists(absolute) and is_wanted(absolute):
            key = os.path.relpath(absolute, program.root).replace(os.sep, "/")
            deleted[key] = _read(top, name, os.path.relpath(absolute))
    old = {key: source for key, source in {**sources, **deleted}.items() if source is not None}
    then = program_at(program.root, old)
    return Before(then, frozenset(deleted), lint(then))


def _source(top: str, name: str, now: Source) -> Source | None:
    """A file as it was: the source at hand where it is the same (and not another text, from standard input)."""
    try:
        data = Path(now.path).read_bytes()
    except OSError:
        return _read(top, name, now.path)
    is_same = git.blob_name(data, name) == name and hashlib.sha256(data).hexdigest() == now.digest
    return now if is_same else _read(top, name, now.path)


def _read(top: str, name: str, path: str) -> Source | None:
    data = git.blob(top, name)
    if data is None:
        raise SinceError(f"--diff-base: {path} can't be read as it was: the repository lacks its contents")
    try:
        return source_from_bytes(path, data)
    except FactsError:
        return None  # nothing was found in it then, so that all that is found now is new


def _changed_lines(before: Source | None, now: Source) -> frozenset[int]:
    """The lines of the program text, from 1, that are new or other than they were."""
    if before is now:
        return frozenset()
    lines = now.text.splitlines()
    if before is None:
        return frozenset(range(1, len(lines) + 1))
    matcher = difflib.SequenceMatcher(None, before.text.splitlines(), lines, autojunk=False)
    blocks: Iterable[tuple[str, int, int, int, int]] = matcher.get_opcodes()
    return frozenset(row for tag, _, _, start, end in blocks if tag != "equal" for row in range(start + 1, end + 1))


def _rows(program: Program, place: Place) -> set[int]:
    """The rows of the program text, from 1, that a place stands on."""
    starts = program.modules[place.path].line_starts
    return set(range(bisect_right(starts, place.start), bisect_right(starts, place.end) + 1))
