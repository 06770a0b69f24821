"""What a runtime check says: parts with a verdict, the numbers behind it, what to do. Nothing here imports torch."""

from __future__ import annotations

import enum
import json
import math
import textwrap
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

WIDTH = 100


class Verdict(enum.Enum):
    """How one part of a check came out. ``SKIP`` means that it could not be decided, and the message says why."""

    PASS = "pass"  # noqa: S105 - a verdict
    SKIP = "skip"
    WARN = "warn"
    FAIL = "fail"

    @property
    def severity(self) -> int:
        """Rises from what was not decided, over what is right, to what is wrong."""
        return _SEVERITY[self]


_SEVERITY = {Verdict.SKIP: 0, Verdict.PASS: 1, Verdict.WARN: 2, Verdict.FAIL: 3}


class CheckFailedError(AssertionError):
    """Raised by :meth:`Report.assert_ok`; ``report`` holds the whole report, the text is its printed form."""

    def __init__(self, report: Report) -> None:
        super().__init__("\n" + str(report))
        self.report = report


@dataclass(frozen=True, slots=True)
class Part:
    """One statement of a report.

    ``name`` says what was looked at, ``message`` what was seen, ``advice`` what to do about it. ``cause`` is a short,
    stable name of the fault for programs to compare (``"wrong-backward"``), ``code`` the static rule that finds the
    same fault (``"TL201"``), ``where`` the tensor or module, ``step`` the training step, ``evidence`` the numbers.
    """

    name: str
    verdict: Verdict
    message: str
    advice: str = ""
    cause: str | None = None
    code: str | None = None
    where: str | None = None
    step: int | None = None
    evidence: Mapping[str, object] = field(default_factory=dict)

    def to_dict(self) -> dict[str, object]:
        """Plain values that ``json.dumps`` takes; fields without a value are left out."""
        entries: dict[str, object] = {
            "name": self.name,
            "verdict": self.verdict.value,
            "message": self.message,
            "advice": self.advice or None,
            "cause": self.cause,
            "code": self.code,
            "where": self.where,
            "step": self.step,
            "evidence": plain(self.evidence) or None,
        }
        return {key: value for key, value in entries.items() if value is not None}

    def __str__(self) -> str:
        code = f" [{self.code}]" if self.code else ""
        head = f"{self.verdict.name:<4}  {self.name}{code}: {self.message}"
        lines = textwrap.wrap(head, WIDTH, subsequent_indent=" " * 6)
        if self.evidence:
            numbers = ", ".join(f"{key} {readable(value)}" for key, value in self.evidence.items())
            lines += textwrap.wrap(numbers, WIDTH, initial_indent=" " * 6, subsequent_indent=" " * 8)
        if self.advice:
            lines += textwrap.wrap("-> " + self.advice, WIDTH, initial_indent=" " * 6, subsequent_indent=" " * 9)
        return "\n".join(lines)


@dataclass
class Report:
    """The outcome of one check: its title, its parts in the order in which they were looked at, and free notes."""

    title: str
    parts: tuple[Part, ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def ok(self) -> bool:
        """Whether nothing failed. Warnings and skipped parts leave a report ok."""
        return not self.failures

    @property
    def verdict(self) -> Verdict:
        """The worst verdict of all parts; ``SKIP`` for a report without parts."""
        return max((part.verdict for part in self.parts), key=lambda verdict: verdict.severity, default=Verdict.SKIP)

    @property
    def failures(self) -> tuple[Part, ...]:
        """The parts that failed."""
        return tuple(part for part in self.parts if part.verdict is Verdict.FAIL)

    @property
    def warnings(self) -> tuple[Part, ...]:
        """The parts that give a warning."""
        return tuple(part for part in self.parts if part.verdict is Verdict.WARN)

    @property
    def findings(self) -> tuple[Part, ...]:
        """Failures and warnings, in the order of the report."""
        return tuple(part for part in self.parts if part.verdict in (Verdict.WARN, Verdict.FAIL))

    @property
    def causes(self) -> tuple[str, ...]:
        """The named causes of all findings, each once."""
        return tuple(dict.fromkeys(part.cause for part in self.findings if part.cause is not None))

    @property
    def codes(self) -> tuple[str, ...]:
        """The static rules' codes of all findings, each once."""
        return tuple(dict.fromkeys(part.code for part in self.findings if part.code is not None))

    def part(self, name: str) -> Part:
        """The first part called ``name``. Raises ``KeyError`` where there is none."""
        for part in self.parts:
            if part.name == name:
                return part
        raise KeyError(f"no part {name!r}; there are {', '.join(repr(part.name) for part in self.parts)}")

    def assert_ok(self, *, warnings: bool = True) -> None:
        """Raise :class:`CheckFailedError` with the printed report where a part failed, with ``warnings=False``
        also where one gave a warning."""
        if not self.ok or (not warnings and self.warnings):
            raise CheckFailedError(self)

    def to_dict(self) -> dict[str, object]:
        """Plain values that ``json.dumps`` takes."""
        entries: dict[str, object] = {"title": self.title, "verdict": self.verdict.value, "ok": self.ok}
        entries.update(self.details())
        entries["parts"] = [part.to_dict() for part in self.parts]
        if self.notes:
            entries["notes"] = list(self.notes)
        return entries

    def details(self) -> dict[str, object]:
        """What a kind of report adds to its dictionary: plain values. The base adds nothing."""
        return {}

    def to_json(self, *, indent: int | None = 2) -> str:
        """Strict JSON: numbers that JSON lacks (NaN, infinity) are written as strings."""
        return json.dumps(self.to_dict(), indent=indent, allow_nan=False)

    def __str__(self) -> str:
        lines = [f"{self.title}: {self.verdict.name}"]
        lines += [str(part) for part in self.parts]
        for note in self.notes:
            lines += textwrap.wrap("note  " + note, WIDTH, subsequent_indent=" " * 6)
        return "\n".join(lines)


def plain(value: object) -> object:
    """``value`` in types that strict JSON has: unknown objects and non-finite numbers become strings."""
    if value is None or isinstance(value, (bool, int, str)):
        return value
    if isinstance(value, float):
        return value if math.isfinite(value) else str(value)
    if isinstance(value, enum.Enum):
        return plain(value.value)
    if isinstance(value, Mapping):
        return {str(key): plain(entry) for key, entry in value.items()}
    if isinstance(value, Iterable) and not isinstance(value, (bytes, bytearray)):
        return [plain(entry) for entry in value]
    return str(value)


def readable(value: object) -> str:
    """A number, list or word for a person's eye: four significant digits."""
    if isinstance(value, bool) or not isinstance(value, float):
        if isinstance(value, Mapping):
            return "{" + ", ".join(f"{key}: {readable(entry)}" for key, entry in value.items()) + "}"
        if isinstance(value, (list, tuple)):
            return "[" + ", ".join(readable(entry) for entry in value) + "]"
        return str(value)
    return f"{value:.4g}"
