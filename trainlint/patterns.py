"""Patterns of file names in the language of .gitignore. pathspec is imported late: it is slow to load."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable
from functools import lru_cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathspec import GitIgnoreSpec


def compiled(patterns: Iterable[str]) -> GitIgnoreSpec:
    """The patterns, ready to match. Raises ValueError, naming the pattern, for one that is not in the language."""
    from pathspec import GitIgnoreSpec

    lines = list(patterns)
    for line in lines:
        try:
            GitIgnoreSpec.from_lines([line])
        except (ValueError, re.error) as error:
            raise ValueError(f"{line!r} is not a pattern in the language of .gitignore") from error
    return GitIgnoreSpec.from_lines(lines)


def matches(patterns: tuple[str, ...], folder: str, path: str) -> bool:
    """Whether a file matches one of the patterns, which are relative to ``folder``."""
    if not patterns:
        return False
    relative = os.path.relpath(path, folder).replace(os.sep, "/")
    return not relative.startswith("../") and _remembered(patterns).match_file(relative)


_remembered = lru_cache(maxsize=256)(compiled)
