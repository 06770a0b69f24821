"""The rules that are known to a run, by code and by name."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from typing import TYPE_CHECKING, Any

from trainlint.findings import Level
from trainlint.packs.errors import PackError
from trainlint.packs.page import Page

if TYPE_CHECKING:
    from trainlint.rule import Rule


@dataclass(frozen=True)
class RuleEntry:
    """One rule as the rest of trainlint sees it.

    ``make`` builds the rule from its options; it is None for what the engine itself reports (about suppressions).
    ``options`` are the defaults of the options that the rule declares. ``scope`` is the folder of the configuration that
    brought the rule, which finds nothing in files that another one governs; None for rules of installed packs.
    """

    code: str
    name: str
    level: Level
    page: Page
    pack: str
    make: Callable[..., Rule] | None = None
    options: Mapping[str, Any] = field(default_factory=dict)
    scope: str | None = None


class Registry:
    """All known rules, ordered by code.

    ``folders`` are the rule folders of configurations that were considered, ``missing`` says in a line each which of
    them were not loaded, so that a word that names no rule may name one of theirs. Raises PackError where two rules have
    one code or name.
    """

    def __init__(self, entries: Iterable[RuleEntry], folders: Iterable[str] = (), missing: Iterable[str] = ()) -> None:
        self.folders = frozenset(folders)
        self.missing = tuple(missing)
        self._entries = sorted(entries, key=lambda entry: entry.code)
        self._by_word: dict[str, RuleEntry] = {}
        for entry in self._entries:
            for word in (entry.code, entry.name):
                other = self._by_word.setdefault(word, entry)
                if other is not entry:
                    raise PackError(f"{_packs(other, entry)} a rule {word}")

    def __iter__(self) -> Iterator[RuleEntry]:
        return iter(self._entries)

    def __len__(self) -> int:
        return len(self._entries)

    def find(self, word: str) -> RuleEntry | None:
        """The rule of this code or name."""
        return self._by_word.get(word)

    def suggestion(self, word: str) -> str | None:
        """The code or name that was probably meant."""
        if word.upper() in self._by_word:
            return word.upper()
        kebab = word.lower().replace("_", "-")
        if kebab in self._by_word:
            return kebab
        same_kind = [known for known in self._by_word if known[:2].isupper() == word[:2].isupper()]
        return next(iter(get_close_matches(word, same_kind, n=1, cutoff=0.6)), None)


def _packs(one: RuleEntry, other: RuleEntry) -> str:
    if one.pack == other.pack:
        return f"two files of the pack {one.pack} define"
    return f"the packs {one.pack} and {other.pack} both define"
