"""Findings: plain values that say what was seen, where, and how to mend it. They know no rule and no output format."""

from __future__ import annotations

import enum
from dataclasses import dataclass, field
from typing import NamedTuple


class Level(enum.Enum):
    """A promise about false positives: an error is nearly always right, a warning is right in normal projects, advice is opinion."""

    ERROR = "error"
    WARNING = "warning"
    ADVICE = "advice"


class Applicability(enum.Enum):
    """Whether a fix may be applied unseen (safe), on request (unsafe), or only shown (display)."""

    SAFE = "safe"
    UNSAFE = "unsafe"
    DISPLAY = "display"


class Place(NamedTuple):
    """A span of one file: characters ``[start, end)`` of its program text (a notebook's code cells joined)."""

    path: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Location:
    """A place as a person counts it: rows and columns from 1, within ``cell`` (from 1) in a notebook. The end is exclusive."""

    row: int
    column: int
    end_row: int
    end_column: int
    cell: int | None = None


@dataclass(frozen=True, slots=True)
class Related:
    """A further place that explains a finding, with a few words on what it shows."""

    place: Place
    message: str


@dataclass(frozen=True, slots=True)
class Edit:
    """Replace the text at ``place`` by ``replacement``; an empty span inserts."""

    place: Place
    replacement: str


@dataclass(frozen=True, slots=True)
class Fix:
    """Text edits that cure a finding together, and what they do in a few words."""

    message: str
    edits: tuple[Edit, ...]
    applicability: Applicability


@dataclass(frozen=True, slots=True)
class Finding:
    """One mistake at one place."""

    code: str
    name: str
    level: Level
    message: str
    place: Place
    related: tuple[Related, ...] = field(default=())
    fix: Fix | None = None
