"""Every rule's page: its bad example is flagged where it says and nowhere else, its good one is clean, and both run."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from trainlint.testing import CHECKS, RuleEntry, builtin_rules, check_examples_differ, check_examples_run

ENTRIES = list(builtin_rules())


@pytest.mark.parametrize("entry", ENTRIES, ids=lambda entry: entry.code)
@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__.removeprefix("check_"))
def test_page(entry: RuleEntry, check: Callable[[RuleEntry], None]) -> None:
    check(entry)


@pytest.mark.parametrize("entry", ENTRIES, ids=lambda entry: entry.code)
def test_examples_run(entry: RuleEntry) -> None:
    check_examples_run(entry)


def test_examples_differ_between_rules() -> None:
    check_examples_differ(ENTRIES)
