"""The comment that suppresses a finding, written at the place where it counts."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Sequence

from trainlint.findings import Edit, Place

_LIST = re.compile(r"#\s*trainlint:\s*ignore\[([^\]]*)\]", re.IGNORECASE)


def with_suppression(text: str, line_starts: Sequence[int], place: Place, name: str) -> Edit | None:
    """The edit that suppresses the rule ``name`` on the line where ``place`` begins: the comment that is there names it
    as well, or a new one does. None where the line goes on after a backslash, and has no room for a comment."""
    row = bisect_right(line_starts, place.start) - 1
    end = line_starts[row + 1] if row + 1 < len(line_starts) else len(text)
    line = text[line_starts[row] : end].rstrip("\r\n")
    found = _LIST.search(line)
    if found is not None:
        at = line_starts[row] + found.end(1)
        return Edit(Place(place.path, at, at), f", {name}" if found.group(1).strip() else name)
    if line.endswith("\\"):
        return None
    at = line_starts[row] + len(line.rstrip())
    return Edit(Place(place.path, at, line_starts[row] + len(line)), f"  # trainlint: ignore[{name}]")
