"""What names of the ecosystem mean, as data: one table a library.

`lookup` is the one question: it knows the aliases of a name, imports only the tables of the library in question, and
falls back on what whole families of names have in common (``torchvision.datasets.*`` are data sets).
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache

from trainlint.knowledge import aliases, families, libraries, stars
from trainlint.knowledge.schema import Entry

__all__ = ["Entry", "canonical", "exports", "is_known_library", "lookup"]


@cache
def lookup(dotted: str) -> Entry | None:
    """What calling a full dotted name means, None where nothing is known."""
    name = canonical(dotted)
    entry = libraries.table(name.partition(".")[0]).get(name)
    if entry is None:
        matches = (families.match(candidate) for candidate in (name, *aliases.public_names(name)))
        entry = next((match for match in matches if match is not None), None)
    return entry


@cache
def canonical(dotted: str) -> str:
    """The name under which the tables know it: ``torch.optim.adam.Adam`` is ``torch.optim.Adam``."""
    name = aliases.rename(dotted)
    table = libraries.table(name.partition(".")[0])
    if name in table:
        return name
    return next((shorter for shorter in aliases.public_names(name) if shorter in table), name)


@cache
def exports(library_module: str) -> Mapping[str, str]:
    """The names that ``from library_module import *`` brings, with the full dotted names that they stand for."""
    prefix = aliases.rename(library_module + ".")
    table = libraries.table(prefix.partition(".")[0])
    names = (name[len(prefix) :] for name in table if name.startswith(prefix))
    found = {name: prefix + name for name in names if "." not in name}
    return {**found, **stars.EXTRA.get(prefix[:-1], {})}


def is_known_library(top: str) -> bool:
    """Whether there is a table or a family for names beneath this top-level package."""
    return libraries.knows(aliases.rename(top + ".").partition(".")[0]) or families.knows(top)
