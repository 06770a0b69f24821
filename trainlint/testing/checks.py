"""What every rule has to pass: a page for readers, and examples that show the rule at work and run."""

from __future__ import annotations

import os
import random
import tempfile
import warnings
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager

from trainlint.facts import source_from_text
from trainlint.packs import RuleEntry
from trainlint.packs.skeleton import PLACEHOLDER
from trainlint.results import Diagnosis, Report
from trainlint.testing.lines import Line, expected_lines, found_lines
from trainlint.testing.linting import lint_sources

_STYLES = ("avoid-", "use-", "prefer-")


def check_page(rule: RuleEntry) -> None:
    """The page is written for readers: filled in, with a sentence as its summary, prose where prose belongs.

    Raises AssertionError. That all headings are there is known from the rule's loading.
    """
    summary = rule.page.summary
    unfilled = [heading for heading, text in rule.page.sections.items() if PLACEHOLDER in text]
    _hold(PLACEHOLDER not in summary, rule, f"the summary still says {PLACEHOLDER}")
    _hold(not unfilled, rule, f"the page still says {PLACEHOLDER} under {', '.join(unfilled)}")
    _hold("\n\n" not in summary and summary.endswith("."), rule, f"the summary is no sentence: {summary!r}")
    _hold("```" not in rule.page.sections["What it finds"], rule, "code stands under What it finds; Bad is its place")
    _hold(not rule.name.startswith(_STYLES), rule, "the name tells what to do; it should say the mistake")


def check_bad_example(rule: RuleEntry, beside: Iterable[RuleEntry] | None = None) -> None:
    """The bad example is flagged by the rule on the lines that end with ``# expect: CODE``, and by no other rule.

    The other rules are those ``beside`` it, by default trainlint's own errors and warnings. Raises AssertionError.
    """
    source = source_from_text("bad.py", rule.page.bad)
    wanted = sorted(expected_lines(source))
    _hold(bool(wanted), rule, f"the bad example marks no line with `# expect: {rule.code}`")
    foreign = sorted({line.code for line in wanted} - {rule.code})
    _hold(not foreign, rule, f"the bad example expects findings of other rules: {', '.join(foreign)}")
    report = lint_sources([source], [rule], beside=beside)
    _check_read(rule, "bad", report)
    found = found_lines(report)
    missed = [line for line in wanted if found.count(line) < wanted.count(line)]
    _hold(not missed, rule, f"the bad example is not flagged in {_rows(missed)}, which it marks")
    _check_nothing_else(rule, "bad", report, wanted)
    own = [item.finding.message for item in report.diagnoses if item.finding.code == rule.code]
    _hold(not any(PLACEHOLDER in message for message in own), rule, f"its message still says {PLACEHOLDER}")


def check_good_example(rule: RuleEntry, beside: Iterable[RuleEntry] | None = None) -> None:
    """The good example is clean, also of what the rules ``beside`` find. Raises AssertionError."""
    report = lint_sources([source_from_text("good.py", rule.page.good)], [rule], beside=beside)
    _check_read(rule, "good", report)
    _check_nothing_else(rule, "good", report, [])


def check_examples_run(rule: RuleEntry) -> None:
    """Both examples run as they stand, in this process, with torch: call it for rules that you trust.

    Raises AssertionError, with the example's own error as its cause. torch's and Python's random generators are seeded
    before, and torch's global switches put back after. Each runs in a folder of its own, which is deleted.
    """
    for kind, code in (("bad", rule.page.bad), ("good", rule.page.good)):
        with _torch_at_rest(), _fresh_folder(), warnings.catch_warnings():
            warnings.simplefilter("ignore")  # a bad example may well be warned about
            try:
                program = compile(code, f"{rule.code} {kind}", "exec", dont_inherit=True)
                exec(program, {"__name__": "__main__"})  # noqa: S102 - it is what the caller asks for
            except (Exception, SystemExit) as error:
                raise AssertionError(f"{_title(rule)}: the {kind} example ends with {error!r}") from error


def check_examples_differ(rules: Iterable[RuleEntry]) -> None:
    """No two rules have one bad example: a copied one does not show its rule at work. Raises AssertionError."""
    owners: dict[str, RuleEntry] = {}
    for rule in rules:
        other = owners.setdefault(rule.page.bad, rule)
        _hold(other is rule, rule, f"its bad example is that of {_title(other)}")


CHECKS: tuple[Callable[[RuleEntry], None], ...] = (check_page, check_bad_example, check_good_example)
"""The checks of one rule that run nothing of its examples."""


def _hold(condition: bool, rule: RuleEntry, complaint: str) -> None:
    if not condition:
        raise AssertionError(f"{_title(rule)}: {complaint}")


def _title(rule: RuleEntry) -> str:
    return f"{rule.code} {rule.name}"


def _check_read(rule: RuleEntry, kind: str, report: Report) -> None:
    _hold(not report.problems, rule, f"the {kind} example cannot be linted: {'; '.join(report.problems)}")


def _check_nothing_else(rule: RuleEntry, kind: str, report: Report, wanted: list[Line]) -> None:
    left = list(wanted)
    for item, line in zip(report.diagnoses, map(_line, report.diagnoses), strict=True):
        if line in left:
            left.remove(line)
        else:
            finding = item.finding
            complaint = f"the {kind} example is flagged in line {line.row} by {finding.code}: {finding.message}"
            raise AssertionError(f"{_title(rule)}: {complaint}")


def _line(diagnosis: Diagnosis) -> Line:
    (line,) = found_lines(Report((diagnosis,)))
    return line


def _rows(lines: Iterable[Line]) -> str:
    return ", ".join(f"line {row}" for row in sorted({line.row for line in lines}))


@contextmanager
def _fresh_folder() -> Iterator[None]:
    """A current folder in which an example finds no file of another one, and leaves none of its own."""
    before = os.getcwd()
    with tempfile.TemporaryDirectory() as folder:
        os.chdir(folder)
        try:
            yield
        finally:
            os.chdir(before)


@contextmanager
def _torch_at_rest() -> Iterator[None]:
    """Examples may set whatever they like; the next one starts from torch's defaults."""
    import torch

    random.seed(0)
    torch.manual_seed(0)
    dtype, grad = torch.get_default_dtype(), torch.is_grad_enabled()
    anomaly, deterministic = torch.is_anomaly_enabled(), torch.are_deterministic_algorithms_enabled()
    try:
        yield
    finally:
        torch.set_default_dtype(dtype)
        torch.set_grad_enabled(grad)
        torch.autograd.set_detect_anomaly(anomaly)
        torch.use_deterministic_algorithms(deterministic)
