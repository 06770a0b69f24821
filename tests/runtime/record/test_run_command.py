"""``trainlint run`` on real scripts, each in a process of its own."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.support.linting import builtin_rules

PAGES = ("TL501", "TL502", "TL504", "TL505", "TL510", "TL601", "TL703", "TL901")


def run(folder: Path, text: str, *arguments: str) -> tuple[subprocess.CompletedProcess[str], dict[str, Any]]:
    (folder / "train.py").write_text(text, encoding="utf-8")
    command = [sys.executable, "-m", "trainlint", "run", "--isolated", "--json", "found.json", "train.py", *arguments]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    return done, json.loads((folder / "found.json").read_text(encoding="utf-8"))


def traced(found: dict[str, Any]) -> list[tuple[str, int]]:
    return [(item["code"], item["location"]["row"]) for item in found["findings"] if item["seen_by"] == "trace"]


@pytest.mark.parametrize("code", PAGES)
def test_a_recorded_run_agrees_with_the_rules_page(code: str, tmp_path: Path) -> None:
    entry = builtin_rules().find(code)
    assert entry is not None
    bad, good = entry.page.bad, entry.page.good
    rows = [row for row, line in enumerate(bad.splitlines(), 1) if f"# expect: {code}" in line]
    assert [row for found, row in traced(run(tmp_path, bad)[1]) if found == code] == rows
    assert traced(run(tmp_path, good)[1]) == []


def test_the_exit_status_output_and_arguments_are_the_scripts_own(tmp_path: Path) -> None:
    done, found = run(tmp_path, "import sys\nprint(sys.argv[1:], __name__)\nsys.exit(7)\n", "--json", "x")
    assert (done.returncode, done.stdout) == (7, "['--json', 'x'] __main__\n")
    assert (found["exit_status"], found["findings"], found["notes"]) == (7, [], ["no optimizer step was seen"])


def test_an_uncaught_exception_shows_the_scripts_frames_alone(tmp_path: Path) -> None:
    done, found = run(tmp_path, "def work():\n    return 1 / 0\n\n\nwork()\n")
    assert (done.returncode, found["complete"]) == (1, False)
    assert "ZeroDivisionError" in done.stderr
    assert "trainlint/runtime" not in done.stderr
