"""A configuration as it was written, checked for unknown keys and wrong types."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from trainlint.config.errors import ConfigError, did_you_mean
from trainlint.config.reading import Table
from trainlint.config.selection import Selection, codes_of, enabled_codes
from trainlint.packs import Registry, RuleEntry
from trainlint.patterns import compiled
from trainlint.rule import Option

STRINGS, STRING_LISTS, RULE_TABLES = "a list of strings", "a table of lists of strings", "a table of rules"

KEYS: Mapping[str, str] = {
    "select": STRINGS,
    "extend-select": STRINGS,
    "ignore": STRINGS,
    "exclude": STRINGS,
    "rule-paths": STRINGS,
    "per-file-ignores": STRING_LISTS,
    "rules": RULE_TABLES,
}
"""Every key of ``[tool.trainlint]`` and what it holds."""

_TYPE_NAMES = {bool: "true or false", int: "a whole number", float: "a number", str: "a string"}


@dataclass(frozen=True)
class Config:
    """One configuration. Patterns are relative to ``folder``; ``rules`` holds option values by rule code."""

    folder: str
    selection: Selection = field(default_factory=Selection)
    exclude: tuple[str, ...] = ()
    per_file_ignores: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    rules: Mapping[str, Mapping[str, Option]] = field(default_factory=dict)


def parse_config(written: Table, *, registry: Registry) -> Config:
    """Check the settings of a file. Raises ConfigError naming file and key."""
    where, table = written.where, written.settings
    for key in table:
        check_key(written, key)
    selection = Selection(
        select=tuple(table["select"]) if "select" in table else None,
        extend_select=tuple(table.get("extend-select", ())),
        ignore=tuple(table.get("ignore", ())),
    )
    ignores = {pattern: tuple(words) for pattern, words in table.get("per-file-ignores", {}).items()}
    _check_selectors(selection, ignores, where, registry)
    _check_patterns("exclude", table.get("exclude", ()), where)
    _check_patterns("per-file-ignores", ignores, where)
    rules = _rule_options(table.get("rules", {}), where, registry)
    return Config(written.folder, selection, tuple(table.get("exclude", ())), ignores, rules)


def check_key(table: Table, key: str) -> None:
    """Raises ConfigError where a key of the table is unknown, or its value of another kind."""
    value = table.settings[key]
    if key not in KEYS:
        hint = "; the settings stand at the top of this file" if key == "tool" else did_you_mean(key, KEYS)
        raise ConfigError(f"{table.where}: unknown key {key!r}{hint}")
    if not _fits(KEYS[key], value):
        raise ConfigError(f"{table.where}: {key} must be {KEYS[key]}, not {_shown(value)}")


def _fits(kind: str, value: object) -> bool:
    if kind == STRINGS:
        return isinstance(value, list) and all(isinstance(item, str) for item in value)
    if not isinstance(value, dict):
        return False
    return kind != STRING_LISTS or all(_fits(STRINGS, item) for item in value.values())


def _check_selectors(
    selection: Selection, ignores: Mapping[str, Sequence[str]], where: str, registry: Registry
) -> None:
    try:
        enabled_codes(registry, [selection])
        for words in ignores.values():
            codes_of(registry, words)
    except ConfigError as error:
        raise ConfigError(f"{where}: {error}") from error


def _check_patterns(key: str, patterns: Iterable[str], where: str) -> None:
    try:
        if patterns:
            compiled(patterns)
    except ValueError as error:
        raise ConfigError(f"{where}: {key}: {error}") from error


def _rule_options(tables: Mapping[str, Any], where: str, registry: Registry) -> dict[str, dict[str, Option]]:
    options: dict[str, dict[str, Option]] = {}
    for word, values in tables.items():
        entry = registry.find(word)
        if entry is None:
            if registry.missing:
                continue  # it may be one of those that were not loaded
            nearest = registry.suggestion(word)
            hint = f"; did you mean {nearest}?" if nearest else ""
            raise ConfigError(f"{where}: rules.{word}: no rule has this code or name{hint}")
        if not isinstance(values, dict):
            raise ConfigError(f"{where}: rules.{word} must be a table of options, not {_shown(values)}")
        if entry.code in options:
            raise ConfigError(
                f"{where}: rules.{word}: the options of {entry.code} are given twice, by code and by name"
            )
        options[entry.code] = {name: _option(entry, name, value, where) for name, value in values.items()}
    return options


def _option(entry: RuleEntry, name: str, value: object, where: str) -> Option:
    if name not in entry.options:
        known = did_you_mean(name, entry.options) or (
            f"; it has {', '.join(sorted(entry.options))}" if entry.options else "; it has none"
        )
        raise ConfigError(f"{where}: the rule {entry.name} has no option {name!r}{known}")
    kind = type(entry.options[name])
    if kind is float and type(value) is int:
        return float(value)
    if type(value) is not kind:
        raise ConfigError(f"{where}: rules.{entry.name}.{name} must be {_TYPE_NAMES[kind]}, not {_shown(value)}")
    return value  # type: ignore[return-value]  # its type is that of the declared default


def _shown(value: object) -> str:
    shown = repr(value)
    return shown if len(shown) <= 60 else shown[:57] + "..."
