"""What a run of the linter gives to whoever reports it."""

from __future__ import annotations

from dataclasses import dataclass, field

from trainlint.findings import Finding, Location


@dataclass(frozen=True, slots=True)
class Spot:
    """A place as it is shown: the file as the user named it, rows and columns, and the text of its first line."""

    filename: str
    location: Location
    line: str


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """A finding with all its places resolved; ``related`` and ``edits`` are in the finding's own order.

    The ``fingerprint`` tells it from all others of its file, and stays the same while the lines around it change.
    """

    finding: Finding
    spot: Spot
    related: tuple[Spot, ...] = ()
    edits: tuple[Spot, ...] = ()
    fingerprint: str = ""


@dataclass(frozen=True)
class Report:
    """All that one run found, and what it could not do: one line each, for a person.

    ``known`` counts the findings that are left out because they are not new.
    """

    diagnoses: tuple[Diagnosis, ...]
    problems: tuple[str, ...] = field(default=())
    files: int = 0
    known: int = 0
