"""The examples of the rules' pages, run: the bad ones are flagged where they say, and no good one has a finding."""

from __future__ import annotations

import re

import pytest
from linting import builtin_rules
from running import Ran, Runner

from trainlint.packs import RuleEntry

ENTRIES = [entry for entry in builtin_rules() if entry.page.bad]
RECORDED = [entry for entry in ENTRIES if entry.make is not None and entry.make().reads_recorded]
OTHERS = [entry for entry in ENTRIES if entry not in RECORDED]
ON_CPU = {'GradScaler("cuda")': 'GradScaler("cpu")'}
"""Scalers for CUDA scale nothing where there is none."""


def expected(text: str) -> list[tuple[str, int]]:
    """The marks of an example: codes and rows."""
    rows = enumerate(text.splitlines(), 1)
    return [(match[1], row) for row, line in rows if (match := re.search(r"# expect: (TL\d+)", line))]


def here(text: str) -> str:
    """An example as it shows its mistake on this machine."""
    for there, replacement in ON_CPU.items():
        text = text.replace(there, replacement)
    return text


@pytest.fixture(scope="module")
def recorded(runner: Runner, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Ran]:
    """Both examples of all rules that read recorded traces."""
    pages = {f"{entry.code}-{kind}": here(getattr(entry.page, kind)) for entry in RECORDED for kind in ("bad", "good")}
    return runner.scripts(tmp_path_factory.mktemp("pages"), pages)


@pytest.mark.parametrize("entry", RECORDED, ids=lambda entry: entry.code)
def test_a_bad_example_is_flagged_where_it_says(entry: RuleEntry, recorded: dict[str, Ran]) -> None:
    ran = recorded[f"{entry.code}-bad"]
    assert (ran.status, ran.traced) == (0, expected(entry.page.bad))


@pytest.mark.parametrize("entry", RECORDED, ids=lambda entry: entry.code)
def test_a_good_example_has_no_finding(entry: RuleEntry, recorded: dict[str, Ran]) -> None:
    ran = recorded[f"{entry.code}-good"]
    assert (ran.status, ran.traced, ran.watched) == (0, [], [])


@pytest.mark.slow
def test_no_good_example_of_the_other_rules_has_a_finding(
    runner: Runner, tmp_path_factory: pytest.TempPathFactory
) -> None:
    ran = runner.scripts(tmp_path_factory.mktemp("pages"), {entry.code: entry.page.good for entry in OTHERS})
    assert {code: (one.status, one.traced, one.watched) for code, one in ran.items()} == dict.fromkeys(ran, (0, [], []))
