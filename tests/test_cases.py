"""Realistic small scripts, notebooks and projects whose comments say which findings belong on which line.

``# expect: TL501`` wants exactly this finding on its line, and no line may have another of level error or warning.
``# misses: TL501`` records a mistake that is not found yet, and fails once it is found. Codes that
no rule has yet are left out on both sides.
"""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest
from linting import builtin_rules, expectations, lint_paths, reported

CASES = Path(__file__).parent / "cases"


def case_paths() -> list[Path]:
    return sorted(path for path in CASES.iterdir() if path.is_dir() or path.suffix in {".py", ".ipynb"})


def files_of(case: Path) -> list[str]:
    files = [case] if case.is_file() else sorted(case.rglob("*.py")) + sorted(case.rglob("*.ipynb"))
    return [file.relative_to(CASES).as_posix() for file in files]


@pytest.mark.parametrize("case", case_paths(), ids=lambda case: case.name)
def test_case(case: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(CASES)
    known = {entry.code for entry in builtin_rules()}
    report = lint_paths([case.name])
    assert report.problems == ()
    wanted = Counter(line for file in files_of(case) for line in expectations(file) if line[3] in known)
    missed = Counter(line for file in files_of(case) for line in expectations(file, "misses"))
    found = reported(report)
    assert sorted((found & missed).elements()) == [], "no longer missed"
    assert sorted((found - wanted).elements()) == [], "\n".join(
        f"{item.spot.filename}:{item.spot.location.row} {item.finding.code} {item.finding.message}"
        for item in report.diagnoses
    )
    assert sorted((wanted - found).elements()) == []


def test_no_two_cases_are_the_same_code() -> None:
    texts = Counter(file.read_text() for file in CASES.rglob("*.py"))
    assert [text[:80] for text, count in texts.items() if count > 1] == []
