"""Fixes at work on the rules' own examples: what is flagged is cured, runs, and is left alone by a second fixing."""

from __future__ import annotations

import warnings
from pathlib import Path

import pytest
import torch
from fixing import fix_file
from linting import builtin_rules

from trainlint.config import Selection
from trainlint.packs import RuleEntry

# A page that says how safe its fix is shows the fix at work: its bad example is one that can be fixed.
ENTRIES = [entry for entry in builtin_rules() if "Fix safety" in entry.page.sections]


@pytest.mark.parametrize("entry", ENTRIES, ids=lambda entry: entry.code)
def test_the_fixed_bad_example_is_clean_and_runs(
    entry: RuleEntry, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    path = tmp_path / "bad.py"
    path.write_text(entry.page.bad)
    result = fix_file("bad.py", Selection(extend_select=(entry.code,)))
    assert [finding.code for finding in result.applied]
    assert [(item.spot.location.row, item.finding.code) for item in result.report.diagnoses] == []
    assert result.problems == []
    fixed = result.after["bad.py"].decode()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        torch.manual_seed(0)
        exec(compile(fixed, entry.code, "exec", dont_inherit=True), {"__name__": "__main__"})  # noqa: S102
    path.write_text(fixed)
    assert fix_file("bad.py", Selection(extend_select=(entry.code,))).after == {}


@pytest.mark.parametrize("entry", list(builtin_rules()), ids=lambda entry: entry.code)
def test_a_rule_with_a_fix_says_how_safe_it_is(
    entry: RuleEntry, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("bad.py").write_text(entry.page.bad)
    kinds = {
        finding.fix.applicability
        for finding in fix_file("bad.py", Selection(select=(entry.code,))).applied
        if finding.fix
    }
    words = entry.page.sections.get("Fix safety", "")
    assert {kind.value.capitalize() for kind in kinds} == ({words.split()[0].rstrip(":")} if words else set())


@pytest.mark.parametrize("entry", ENTRIES, ids=lambda entry: entry.code)
def test_fixing_leaves_all_other_lines(entry: RuleEntry, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Comments, blank lines and the form of newlines survive: every line kept is one of the old ones, in their order."""
    monkeypatch.chdir(tmp_path)
    text = entry.page.bad.replace("\n", "\r\n")
    Path("bad.py").write_bytes(text.encode())
    result = fix_file("bad.py", Selection(extend_select=(entry.code,)))
    fixed = result.after["bad.py"].decode()
    assert "\n" not in fixed.replace("\r\n", "")
    old, new = text.split("\r\n"), {line.strip() for line in fixed.split("\r\n")}
    lost = [line for line in old if line.strip() not in new]
    edits = sum(len(finding.fix.edits) for finding in result.applied if finding.fix)
    assert len(lost) <= edits
