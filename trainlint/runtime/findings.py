"""Findings of a run: what a monitor saw go wrong, from which step on, with the numbers. Nothing here imports torch."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from trainlint.findings import Level

from .report import WIDTH, plain, readable

_SEVERITY = {Level.ERROR: 0, Level.WARNING: 1, Level.ADVICE: 2}


@dataclass(frozen=True, slots=True)
class RuntimeFinding:
    """One fault of a run.

    ``name`` is stable and meant for programs. ``code`` is the static rule about the same matter, where there is one:
    for the very same fault the name is the rule's as well. ``step`` counts optimizer steps from 0, ``where`` is a
    parameter or module.
    A ``symptom`` (the loss does not fall) is listed after the causes (no gradient reaches the first layer).
    """

    name: str
    level: Level
    message: str
    advice: str = ""
    code: str | None = None
    step: int | None = None
    where: str | None = None
    symptom: bool = False
    evidence: Mapping[str, object] = field(default_factory=dict)

    def to_dict(self) -> dict[str, object]:
        """Plain values that strict JSON has; fields without a value are left out."""
        entries: dict[str, object] = {
            "code": self.code,
            "name": self.name,
            "level": self.level.value,
            "message": self.message,
            "advice": self.advice or None,
            "step": self.step,
            "where": self.where,
            "symptom": self.symptom or None,
            "evidence": plain(self.evidence) or None,
        }
        return {key: value for key, value in entries.items() if value is not None}

    def __str__(self) -> str:
        label = f"{self.code} {self.name}" if self.code else self.name
        moment = "" if self.step is None else f" (step {self.step})"
        lines = textwrap.wrap(f"{self.level.value}  {label}{moment}: {self.message}", WIDTH, subsequent_indent=" " * 6)
        if self.evidence:
            numbers = ", ".join(f"{key} {readable(value)}" for key, value in self.evidence.items())
            lines += textwrap.wrap(numbers, WIDTH, initial_indent=" " * 6, subsequent_indent=" " * 8)
        if self.advice:
            lines += textwrap.wrap("-> " + self.advice, WIDTH, initial_indent=" " * 6, subsequent_indent=" " * 9)
        return "\n".join(lines)


def ranked(findings: Iterable[RuntimeFinding]) -> tuple[RuntimeFinding, ...]:
    """Causes before symptoms, errors before warnings before advice; each name and place once."""
    unique: dict[tuple[str, str | None], RuntimeFinding] = {}
    for finding in findings:
        unique.setdefault((finding.name, finding.where), finding)
    return tuple(sorted(unique.values(), key=lambda finding: (finding.symptom, _SEVERITY[finding.level])))
