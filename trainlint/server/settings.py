"""What an editor may set."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from trainlint.config import Selection


@dataclass(frozen=True, slots=True)
class Settings:
    """``select``, ``extend_select`` and ``ignore`` as on the command line; ``code_lens`` shows a line above trainings."""

    select: tuple[str, ...] | None = None
    extend_select: tuple[str, ...] = ()
    ignore: tuple[str, ...] = ()
    code_lens: bool = True

    @property
    def selection(self) -> Selection:
        return Selection(self.select, self.extend_select, self.ignore)


def parse_settings(given: object) -> tuple[Settings, list[str]]:
    """The settings that an editor sent, and a line on each that is not understood (and is as if it were not there)."""
    if not isinstance(given, Mapping):
        return Settings(), []
    problems: list[str] = []
    lists: dict[str, tuple[str, ...] | None] = {}
    for name in ("select", "extendSelect", "ignore"):
        value = given.get(name)
        if value is None:
            lists[name] = None
        elif (
            isinstance(value, Sequence) and not isinstance(value, str) and all(isinstance(word, str) for word in value)
        ):
            lists[name] = tuple(value)
        else:
            lists[name] = None
            problems.append(f"the setting {name} is no list of rules: {value!r}")
    lens = given.get("codeLens", True)
    if not isinstance(lens, bool):
        problems.append(f"the setting codeLens is neither true nor false: {lens!r}")
        lens = True
    unknown = sorted(str(name) for name in given if name not in ("select", "extendSelect", "ignore", "codeLens"))
    problems += [f"there is no setting {name}" for name in unknown]
    return Settings(lists["select"] or None, lists["extendSelect"] or (), lists["ignore"] or (), lens), problems
