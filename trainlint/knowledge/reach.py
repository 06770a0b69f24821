"""Which libraries bring torch into a program, so that it may train something."""

from __future__ import annotations

import sys

from trainlint.knowledge import aliases, families, libraries

# Tables of libraries that serve programs of all kinds. A program that trains imports torch, or what builds on it, too.
_GENERAL = frozenset({"augmentations", "harmless", "numpy", "options", "sklearn", "trackers", "tuning"})


def brings_torch(top: str) -> bool:
    """Whether a program that imports this top-level package may train with torch."""
    if top in sys.stdlib_module_names:
        return False
    known = aliases.rename(top + ".").partition(".")[0]
    tables = libraries.TABLES.get(known)
    return families.knows(top) if tables is None else not _GENERAL.issuperset(tables)
