"""Which rules are on."""

from __future__ import annotations

import pytest

from trainlint.config import ConfigError, Selection, enabled_codes
from trainlint.config.selection import codes_of
from trainlint.packs import Registry


def on(registry: Registry, *layers: Selection) -> str:
    return " ".join(code.removeprefix("LAB") for code in sorted(enabled_codes(registry, layers)))


def test_errors_and_warnings_are_on_by_default(registry: Registry) -> None:
    assert on(registry) == "101 102 201"


@pytest.mark.parametrize(
    ("word", "expected"),
    [
        ("LAB101", "101"),
        ("first-mistake", "101"),
        ("LAB1", "101 102"),
        ("LAB", "101 102 201 202"),
        ("advice", "202"),
        ("error", "101 102"),
        ("ALL", "101 102 201 202"),
    ],
)
def test_a_selector_is_a_code_a_prefix_a_name_a_level_or_all(registry: Registry, word: str, expected: str) -> None:
    assert on(registry, Selection(select=(word,))) == expected


@pytest.mark.parametrize(
    ("layer", "expected"),
    [
        (Selection(ignore=("LAB1",)), "201"),
        (Selection(extend_select=("advice",)), "101 102 201 202"),
        (Selection(select=("LAB1",), ignore=("LAB101",)), "102"),
        (Selection(select=("LAB101",), ignore=("LAB1",)), "101"),
        (Selection(select=("ALL",), ignore=("advice",)), "101 102 201"),
        (Selection(select=("good-habit",), ignore=("advice",)), "202"),
        (Selection(select=("LAB101",), ignore=("first-mistake",)), ""),
        (Selection(select=()), ""),
    ],
)
def test_the_more_specific_selector_wins(registry: Registry, layer: Selection, expected: str) -> None:
    assert on(registry, layer) == expected


def test_the_command_line_comes_after_the_file(registry: Registry) -> None:
    file = Selection(select=("LAB1",), ignore=("LAB101",))
    assert on(registry, file, Selection()) == "102"
    assert on(registry, file, Selection(extend_select=("LAB101",))) == "101 102"
    assert on(registry, file, Selection(select=("LAB2",))) == "201 202"
    assert on(registry, file, Selection(ignore=("LAB102",))) == ""


@pytest.mark.parametrize(
    ("word", "hint"),
    [
        ("LAB999", ""),
        ("LAB11", ""),
        ("lab101", "did you mean LAB101?"),
        ("first-misteak", "did you mean first-mistake?"),
        ("warnings", "did you mean warning?"),
        ("", "name or level ''"),
    ],
)
def test_a_selector_that_names_nothing_is_refused(registry: Registry, word: str, hint: str) -> None:
    with pytest.raises(ConfigError, match=f"no rule has the code, prefix, name or level {word!r}") as raised:
        codes_of(registry, [word])
    assert hint in str(raised.value)
