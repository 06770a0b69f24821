"""Which rules are on: selectors by code, prefix of a code, name, level, or ``ALL``."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from trainlint.config.errors import ConfigError, did_you_mean
from trainlint.findings import Level
from trainlint.packs import Registry

ALL = "ALL"
DEFAULT_LEVELS = (Level.ERROR, Level.WARNING)

_PREFIX = re.compile(r"[A-Z]+\d*")
_LEVELS = {level.value: level for level in Level}
_EXACT = 1000  # ranks above any prefix, which rank by their length


@dataclass(frozen=True, slots=True)
class Selection:
    """One layer of selectors: a configuration file's, or the command line's. ``select`` None leaves what is on."""

    select: tuple[str, ...] | None = None
    extend_select: tuple[str, ...] = ()
    ignore: tuple[str, ...] = ()


def enabled_codes(registry: Registry, layers: Sequence[Selection]) -> frozenset[str]:
    """The codes that are on after the defaults and each layer in turn.

    Within a layer the more specific selector wins (a name or code over a longer prefix over a shorter one over a level
    over ``ALL``), and of equally specific ones ``ignore``. Raises ConfigError for a selector that names nothing.
    """
    enabled = {entry.code for entry in registry if entry.level in DEFAULT_LEVELS}
    for layer in layers:
        if layer.select is not None:
            enabled = set()
        steps = [(_resolve(registry, word), True) for word in (*(layer.select or ()), *layer.extend_select)]
        steps += [(_resolve(registry, word), False) for word in layer.ignore]
        for (_, codes), adds in sorted(steps, key=lambda step: (step[0][0], not step[1])):
            enabled = enabled | codes if adds else enabled - codes
    return frozenset(enabled)


def codes_of(registry: Registry, words: Sequence[str]) -> frozenset[str]:
    """The codes that any of the selectors names. Raises ConfigError for a selector that names nothing."""
    return frozenset().union(*(_resolve(registry, word)[1] for word in words))


def _resolve(registry: Registry, word: str) -> tuple[int, frozenset[str]]:
    """How specific a selector is, and the codes that it names."""
    if word == ALL:
        return 0, frozenset(entry.code for entry in registry)
    if word in _LEVELS:
        return 1, frozenset(entry.code for entry in registry if entry.level is _LEVELS[word])
    rule = registry.find(word)
    if rule is not None:
        return _EXACT, frozenset({rule.code})
    codes = frozenset(entry.code for entry in registry if entry.code.startswith(word))
    if codes and _PREFIX.fullmatch(word):
        return 1 + len(word), codes
    if registry.missing:
        return _EXACT, frozenset()  # it may name a rule that was not loaded
    nearest = registry.suggestion(word)
    hint = f"; did you mean {nearest}?" if nearest else did_you_mean(word, [ALL, *_LEVELS])
    raise ConfigError(f"no rule has the code, prefix, name or level {word!r}{hint}")
