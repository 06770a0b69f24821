"""A rule's page: the sections of its docstring."""

from __future__ import annotations

import re
from dataclasses import dataclass

HEADINGS = ("What it finds", "Why it hurts", "Bad", "Good", "When it keeps silent", "Remedy", "Fix safety")
OPTIONAL = frozenset({"Fix safety"})

_HEADING = re.compile(r"^## (.+)$", re.MULTILINE)
_CODE_BLOCK = re.compile(r"^```python\n(.*?)^```$", re.MULTILINE | re.DOTALL)


class PageError(ValueError):
    """A docstring that is not a page; its text says what is missing."""


@dataclass(frozen=True, slots=True)
class Page:
    """A docstring taken apart: the first sentence, the sections by heading, and the two examples' code."""

    summary: str
    sections: dict[str, str]
    bad: str
    good: str

    @property
    def markdown(self) -> str:
        """The page as it was written, without the docstring's indentation."""
        parts = [self.summary, *(f"## {heading}\n\n{text}" for heading, text in self.sections.items())]
        return "\n\n".join(parts) + "\n"


def parse_page(docstring: str | None) -> Page:
    """Take a rule's docstring apart. Raises PageError where a heading or an example is missing or out of order."""
    text = _cleaned(docstring or "")
    if not text:
        raise PageError("has no docstring")
    summary, *rest = _HEADING.split(text)
    sections = {heading.strip(): body.strip() for heading, body in zip(rest[::2], rest[1::2], strict=True)}
    found = [heading.strip() for heading in rest[::2]]
    wanted = [heading for heading in HEADINGS if heading in found or heading not in OPTIONAL]
    if found != wanted:
        raise PageError(f"has the headings {_listed(found)} where these belong: {_listed(wanted)}")
    if not summary.strip():
        raise PageError("does not say the mistake in its first line")
    for heading, body in sections.items():
        if not body:
            raise PageError(f"has nothing under {heading!r}")
    return Page(summary.strip(), sections, _example(sections, "Bad"), _example(sections, "Good"))


def _example(sections: dict[str, str], heading: str) -> str:
    blocks = _CODE_BLOCK.findall(sections[heading])
    if len(blocks) != 1:
        raise PageError(f"has {len(blocks)} Python blocks under {heading!r}, where one belongs")
    return str(blocks[0])


def _cleaned(docstring: str) -> str:
    """As inspect.cleandoc does; importing inspect costs more than parsing all pages."""
    first, *rest = docstring.strip("\n").expandtabs().split("\n")
    told = [line for line in rest if line and not line.isspace()]
    margin = min((len(line) - len(line.lstrip(" ")) for line in told), default=0)
    return "\n".join([first.lstrip(), *("" if line.isspace() else line[margin:] for line in rest)]).strip()


def _listed(headings: list[str]) -> str:
    return ", ".join(headings) or "none"
