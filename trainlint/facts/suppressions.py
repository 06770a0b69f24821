"""The comments ``# trainlint: ignore[TL104, no-validation]`` and ``# trainlint: ignore-file[...]``."""

from __future__ import annotations

import re
from bisect import bisect_right

from trainlint.facts import ir

_LINE = re.compile(r"[^\r\n]+")
_COMMENT = re.compile(r"#\s*trainlint\s*:\s*ignore(-\s*file)?\b\s*(?:\[([^\]\r\n]*)\])?", re.IGNORECASE)


def suppressions(text: str, strings: list[tuple[int, int]]) -> list[ir.Suppression]:
    """Find the suppression comments of a text whose string literals have the given spans."""
    if "trainlint" not in text.lower():
        return []
    found: list[ir.Suppression] = []
    spans = sorted(strings)
    for line in _LINE.finditer(text):
        comment = _comment_start(text, line.start(), line.end(), spans)
        if comment is not None:
            found.extend(_suppression(match) for match in _COMMENT.finditer(text, comment, line.end()))
    return found


def _comment_start(text: str, start: int, end: int, strings: list[tuple[int, int]]) -> int | None:
    position = text.find("#", start, end)
    while position >= 0:
        before = bisect_right(strings, (position, len(text))) - 1
        if before < 0 or strings[before][1] <= position:
            return position
        position = text.find("#", position + 1, end)
    return None


def _suppression(match: re.Match[str]) -> ir.Suppression:
    rules = None if match[2] is None else [rule.strip() for rule in match[2].split(",") if rule.strip()]
    return ir.Suppression(match.start(), match.end(), "file" if match[1] else "line", rules)
