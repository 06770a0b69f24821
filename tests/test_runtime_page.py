"""docs/runtime.md: its files pass their tests, train without a finding, and are clean for the linter."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

import trainlint.runtime
from trainlint.cli.main import main

PAGE = (Path(__file__).parent.parent / "docs" / "runtime.md").read_text(encoding="utf-8")
FILE = re.compile(r"^`([\w./]+)`:\n\n```python\n(.*?)^```$", re.MULTILINE | re.DOTALL)


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name, text in FILE.findall(PAGE):
        (tmp_path / name).write_text(text)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def run(project: Path, *arguments: str) -> str:
    command = [sys.executable, "-W", "error", *arguments]
    environment = {**os.environ, "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}
    done = subprocess.run(command, cwd=project, capture_output=True, text=True, check=False, env=environment)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_its_tests_pass(project: Path) -> None:
    options = ["-q", "-p", "no:cacheprovider", "-p", "trainlint.runtime.pytest_plugin", "--trainlint-strict"]
    assert "2 passed" in run(project, "-m", "pytest", *options)


def test_its_training_is_a_good_one_and_the_second_look_is_told(project: Path) -> None:
    told = run(project, "train.py")
    assert "\nnothing found\n" in told
    assert float(re.findall(r"^test \(.*, (\S+)\)$", told, re.MULTILINE)[0]) > 0.9
    assert "the test data was opened 2 times" in " ".join(run(project, "train.py").split())


@pytest.mark.usefixtures("project")
def test_the_linter_has_nothing_to_say(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--extend-select", "advice", "."]) == 0, capsys.readouterr().out


def test_the_names_in_its_text_exist() -> None:
    named = {name for name in re.findall(r"`(\w+)`", PAGE) if name[0].isupper() or "_" in name}
    assert named - {"assert_ok", "on_finding"} - {*trainlint.runtime.__all__} == set()
