"""Every rule's page: its bad example is flagged where it says and nowhere else, its good one is clean, and both run."""

from __future__ import annotations

import random
import warnings
from collections.abc import Iterator
from pathlib import Path

import pytest
import torch
from linting import builtin_rules, expectations, lint_paths, reported

from trainlint.config import Selection
from trainlint.packs import Registry, RuleEntry

ENTRIES = list(builtin_rules())


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A fresh current directory, in which no name reminds of tests."""
    place = tmp_path / "project"
    place.mkdir()
    monkeypatch.chdir(place)
    return place


@pytest.fixture
def torch_state() -> Iterator[None]:
    """Examples may set whatever they like; the next one starts from torch's defaults."""
    random.seed(0)
    torch.manual_seed(0)
    yield
    torch.set_default_dtype(torch.float32)
    torch.autograd.set_detect_anomaly(False)
    torch.set_grad_enabled(True)


@pytest.mark.parametrize("entry", ENTRIES, ids=lambda entry: entry.code)
def test_the_bad_example_is_flagged_where_it_says(entry: RuleEntry, folder: Path) -> None:
    (folder / "bad.py").write_text(entry.page.bad)
    wanted = sorted(expectations("bad.py"))
    assert wanted, "the bad example marks no line with `# expect: CODE`"
    report = lint_paths(["bad.py"], Selection(extend_select=(entry.code,)))
    assert report.problems == ()
    assert sorted(reported(report).elements()) == wanted
    assert {line[3] for line in wanted} == {entry.code}


@pytest.mark.parametrize("entry", ENTRIES, ids=lambda entry: entry.code)
def test_the_good_example_is_clean(entry: RuleEntry, folder: Path) -> None:
    (folder / "good.py").write_text(entry.page.good)
    report = lint_paths(["good.py"], Selection(extend_select=(entry.code,)))
    assert report.problems == ()
    assert [(item.spot.location.row, item.finding.code, item.finding.message) for item in report.diagnoses] == []


@pytest.mark.parametrize("entry", ENTRIES, ids=lambda entry: entry.code)
@pytest.mark.parametrize("example", ["bad", "good"])
@pytest.mark.usefixtures("torch_state")
def test_examples_run(entry: RuleEntry, example: str) -> None:
    code = compile(getattr(entry.page, example), f"{entry.code} {example}", "exec", dont_inherit=True)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # a bad example may well be warned about
        exec(code, {"__name__": "__main__"})  # noqa: S102 - our own examples


@pytest.mark.parametrize("entry", ENTRIES, ids=lambda entry: entry.code)
def test_the_page_is_written_for_readers(entry: RuleEntry) -> None:
    summary = entry.page.summary
    assert "\n\n" not in summary
    assert summary.endswith(".")
    assert not entry.name.startswith(("avoid-", "use-", "prefer-"))
    assert "```" not in entry.page.sections["What it finds"]


def test_examples_differ_between_rules() -> None:
    """A copied example means that one of two rules is not shown at work."""
    registry: Registry = builtin_rules()
    bad = [entry.page.bad for entry in registry]
    assert len(set(bad)) == len(bad)
