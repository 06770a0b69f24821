"""A baseline: the findings that a project had when it adopted trainlint, which are told no more.

The file is JSON, made to be committed and reviewed: for each file of the project, by its path from the baseline's own
folder, the fingerprints of its findings with the rules' codes and names.
"""

from __future__ import annotations

import json
import os
from collections import defaultdict
from collections.abc import Callable, Collection
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from trainlint.results import Diagnosis, Report

VERSION = 1


class BaselineError(Exception):
    """A file that is no baseline, or can't be read; the text is one line for the user."""


@dataclass(frozen=True, slots=True, order=True)
class Entry:
    """One finding of the past. ``path`` goes from the baseline's folder, with slashes."""

    path: str
    code: str
    name: str
    fingerprint: str


@dataclass(frozen=True)
class Baseline:
    """What a baseline file holds."""

    folder: str
    entries: frozenset[Entry]

    def without_known(self, report: Report) -> Report:
        """The report without the findings that the baseline holds."""
        known = {(entry.path, entry.code, entry.fingerprint) for entry in self.entries}
        new = [each for each in report.diagnoses if _key(each, self.folder) not in known]
        return replace(report, diagnoses=tuple(new), known=report.known + len(report.diagnoses) - len(new))

    def fixed(self, report: Report, linted: Collection[str], is_on: Callable[[str, str], bool]) -> list[Entry]:
        """The entries that ``report``, of the ``linted`` files, has no finding for any more.

        Only entries that were looked for count: a file that was not linted, and still exists, may hold its finding, and
        so may one in which ``is_on`` says of the path and the code that the rule is off.
        """
        found = {_key(each, self.folder) for each in report.diagnoses}
        looked_at = {path_from(self.folder, filename) for filename in linted}
        return sorted(
            entry
            for entry in self.entries
            if (entry.path, entry.code, entry.fingerprint) not in found
            and is_on(os.path.join(self.folder, entry.path), entry.code)
            and (entry.path in looked_at or not os.path.exists(os.path.join(self.folder, entry.path)))
        )


def read_baseline(path: str) -> Baseline:
    """The baseline in a file. Raises BaselineError."""
    try:
        data = json.loads(Path(path).read_text(encoding="utf-8"))
    except OSError as error:
        raise BaselineError(f"{path}: can't be read: {error.strerror or error}") from error
    except (ValueError, RecursionError) as error:
        raise BaselineError(f"{path}: is no baseline: {_first_line(error)}") from error
    if not isinstance(data, dict) or not isinstance(data.get("files"), dict):
        raise BaselineError(f'{path}: is no baseline: no object "files" in it')
    if data.get("version") != VERSION:
        raise BaselineError(f"{path}: has version {data.get('version')!r}; this trainlint reads version {VERSION}")
    entries = [_entry(path, file, item) for file, items in data["files"].items() for item in _list(path, file, items)]
    return Baseline(os.path.dirname(os.path.abspath(path)), frozenset(entries))


def baseline_text(report: Report, folder: str) -> str:
    """The baseline of all findings of a report, for a file in ``folder``."""
    files: dict[str, list[dict[str, str]]] = defaultdict(list)
    for each in sorted(report.diagnoses, key=lambda each: (path_from(folder, each.spot.filename), each.finding.code)):
        finding = each.finding
        files[path_from(folder, each.spot.filename)].append(
            {"code": finding.code, "name": finding.name, "fingerprint": each.fingerprint}
        )
    return json.dumps({"version": VERSION, "files": files}, indent=2) + "\n"


def path_from(folder: str, filename: str) -> str:
    """A file's path from a folder, with slashes."""
    return os.path.relpath(os.path.abspath(filename), folder).replace(os.sep, "/")


def _key(diagnosis: Diagnosis, folder: str) -> tuple[str, str, str]:
    return path_from(folder, diagnosis.spot.filename), diagnosis.finding.code, diagnosis.fingerprint


def _list(path: str, file: str, items: object) -> list[Any]:
    if not isinstance(items, list):
        raise BaselineError(f"{path}: is no baseline: what stands under {file!r} is no list")
    return items


def _entry(path: str, file: str, item: object) -> Entry:
    words = [item.get(name) if isinstance(item, dict) else None for name in ("code", "name", "fingerprint")]
    if not all(isinstance(word, str) for word in words):
        raise BaselineError(f"{path}: is no baseline: an entry of {file!r} lacks a code, name or fingerprint")
    code, name, fingerprint = map(str, words)
    return Entry(file, code, name, fingerprint)


def _first_line(error: Exception) -> str:
    return (str(error).splitlines() or [type(error).__name__])[0]
