"""What a rule is: an id, a name, a level, a page, and a question to the trace."""

from __future__ import annotations

import abc
from collections.abc import Iterable, Iterator, Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING, ClassVar, TypeAlias

from trainlint.findings import Finding, Fix, Level, Place, Related

if TYPE_CHECKING:
    from trainlint.trace import Trace

Option: TypeAlias = bool | int | float | str


class Rule(abc.ABC):
    """One check. A subclass sets `code`, `name` and `level`, and its docstring is its page.

    The docstring has these headings, in this order: a first line that says the mistake in a sentence, then
    ``## What it finds``, ``## Why it hurts``, ``## Bad``, ``## Good``, ``## When it keeps silent``, ``## Remedy``,
    and ``## Fix safety`` where the rule offers a fix. Bad and good hold one runnable Python block each; in the bad one
    the lines that are flagged end with ``# expect: CODE``.
    """

    code: ClassVar[str]
    name: ClassVar[str]
    level: ClassVar[Level]

    reads_recorded: ClassVar[bool] = False
    """Whether a trace recorded from a real run holds all that the rule asks for, what its silence rests on included."""

    options: ClassVar[Mapping[str, Option]] = MappingProxyType({})
    """What ``[tool.trainlint.rules.NAME]`` in a configuration may set, with the defaults, which fix the types."""

    def __init__(self, **options: Option) -> None:
        self.settings = {**self.options, **options}

    @abc.abstractmethod
    def check(self, trace: Trace) -> Iterator[Finding]:
        """Yield what is wrong in the traced program. Of several findings at one place the first alone is reported."""

    def finding(
        self,
        place: Place,
        message: str,
        *,
        related: Iterable[tuple[Place | None, str]] = (),
        fix: Fix | None = None,
    ) -> Finding:
        """A finding of this rule. Related places that are None (not known) are left out."""
        others = tuple(Related(where, words) for where, words in related if where is not None)
        return Finding(self.code, self.name, self.level, message, place, others, fix)
