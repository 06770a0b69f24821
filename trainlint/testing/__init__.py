"""Tests of rules, for those who write their own: the same checks that trainlint's rules have to pass.

    import pytest
    from trainlint.testing import CHECKS, check_examples_run, rule_in

    RULE = rule_in("lint_rules/lab101_graph_retained.py")

    @pytest.mark.parametrize("check", CHECKS)
    def test_rule(check):
        check(RULE)

    def test_examples_run():
        check_examples_run(RULE)

A check raises AssertionError with what is wrong. Nothing in here needs pytest, and only `check_examples_run` imports torch.
"""

from trainlint.packs import PackError, RuleEntry
from trainlint.testing.checks import (
    CHECKS,
    check_bad_example,
    check_examples_differ,
    check_examples_run,
    check_good_example,
    check_page,
)
from trainlint.testing.lines import Line, expected_lines, found_lines
from trainlint.testing.linting import builtin_rules, lint
from trainlint.testing.loading import installed_rules, rule_in, rules_in

__all__ = [
    "CHECKS",
    "Line",
    "PackError",
    "RuleEntry",
    "builtin_rules",
    "check_bad_example",
    "check_examples_differ",
    "check_examples_run",
    "check_good_example",
    "check_page",
    "expected_lines",
    "found_lines",
    "installed_rules",
    "lint",
    "rule_in",
    "rules_in",
]
