"""Every practice of the lecture notes has a rule that exists or a check that runs, and the table says which."""

from __future__ import annotations

import importlib.util
import inspect
import re
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

import trainlint.runtime
from trainlint.testing import builtin_rules

DOCS = Path(__file__).parent.parent / "docs"
DASH = "\N{EN DASH}"
# What no rule can see, and what no run can check.
WITHOUT_RULE = {9}
WITHOUT_CHECK = {25, 31}


def _practices() -> ModuleType:
    spec = importlib.util.spec_from_file_location("practices", DOCS / "practices.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module  # dataclasses look their module up
    spec.loader.exec_module(module)
    return module


PRACTICES: list[Any] = list(_practices().PRACTICES)
RULES = {entry.code for entry in builtin_rules()}
by_number = pytest.mark.parametrize("practice", PRACTICES, ids=lambda practice: f"P{practice.number}")


def rows() -> dict[str, list[str]]:
    """The table's cells by practice."""
    lines = (DOCS / "practices.md").read_text(encoding="utf-8").splitlines()
    cells = [[cell.strip() for cell in line.split("|")[1:-1]] for line in lines if line.startswith("| P")]
    return {row[0]: row[1:] for row in cells}


def test_no_practice_is_missing() -> None:
    assert [practice.number for practice in PRACTICES] == list(range(1, 32))
    assert list(rows()) == [f"P{number}" for number in range(1, 32)]


@by_number
def test_a_practice_has_a_rule_or_a_check(practice: Any) -> None:
    existing = RULES & set(practice.rules.split())
    assert existing or practice.checks.split()
    assert bool(practice.rules) == (practice.number not in WITHOUT_RULE)
    assert bool(practice.checks) == (practice.number not in WITHOUT_CHECK)


@by_number
def test_rules_are_named_by_their_codes(practice: Any) -> None:
    codes = practice.rules.split()
    assert [code for code in codes if not re.fullmatch(r"TL[1-9]\d\d", code)] == []
    assert len(set(codes)) == len(codes)


@by_number
def test_the_table_shows_the_row(practice: Any) -> None:
    advice, rules, checks = rows()[f"P{practice.number}"]
    assert advice == practice.advice
    linked = re.findall(r"\[(TL\d+)\]\((rules/[\w-]+\.md)\)", rules)
    assert [code for code, _ in linked] == [code for code in practice.rules.split() if code in RULES]
    assert all((DOCS / file).exists() for _, file in linked)
    assert linked or rules == DASH
    assert checks == DASH if practice.number in WITHOUT_CHECK else "`" in checks


@pytest.mark.parametrize("check", sorted({check for practice in PRACTICES for check in practice.checks.split()}))
def test_every_check_imports_and_takes_these_arguments(check: str) -> None:
    dotted, _, arguments = check.rstrip(")").partition("(")
    found: Any = trainlint.runtime
    for name in dotted.split("."):
        found = getattr(found, name)
    wanted = {argument.rstrip("=") for argument in arguments.split(",") if argument}
    assert wanted <= set(inspect.signature(found).parameters) if wanted else found is not None
