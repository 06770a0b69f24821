"""docs/writing-rules.md: its files are a project in which everything that it shows happens."""

from __future__ import annotations

import dataclasses
import re
import subprocess
import sys
from pathlib import Path

import pytest

from trainlint.cli.main import main
from trainlint.trace import events, view

PAGE = (Path(__file__).parent.parent / "docs" / "writing-rules.md").read_text(encoding="utf-8")
FILE = re.compile(r"^`([\w./]+)`:\n\n(`{3,})\w+\n(.*?)^\2$", re.MULTILINE | re.DOTALL)
SESSION = re.compile(r"^```console\n\$ trainlint (.*?)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
ROW = re.compile(r"^\| ((?:`\w+`(?:, )?)+) \| [^|]* \| ([^|]*) \|$", re.MULTILINE)


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """All files of the page, in a folder of their own."""
    folder = tmp_path / "project"
    for name, _, text in FILE.findall(PAGE):
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    monkeypatch.chdir(folder)
    return folder


def test_the_page_has_its_files_and_sessions(project: Path) -> None:
    files = {path.relative_to(project).as_posix() for path in project.rglob("*.*")}
    test = "tests/test_lab101_recurrent_unclipped.py"
    assert files == {"train.py", "pyproject.toml", "lint_rules/lab101_recurrent_unclipped.py", test}
    assert [command for command, _ in SESSION.findall(PAGE)] == ["show train.py", "--trust-rule-paths train.py"]


@pytest.mark.parametrize(("command", "output"), SESSION.findall(PAGE), ids=["show", "check"])
@pytest.mark.usefixtures("project")
def test_what_the_sessions_print(capsys: pytest.CaptureFixture[str], command: str, output: str) -> None:
    main(command.split())
    assert capsys.readouterr().out == output


def test_the_tests_of_the_page_pass(project: Path) -> None:
    plugins = ["-p", "no:cacheprovider", "-p", "no:asyncio"]  # which warns where it is not configured
    command = [sys.executable, "-Im", "pytest", "-q", *plugins, "-W", "error", "tests"]
    done = subprocess.run(command, cwd=project, capture_output=True, text=True, check=False)
    assert "6 passed" in done.stdout, done.stdout + done.stderr


def test_the_script_runs(project: Path) -> None:
    subprocess.run([sys.executable, "-I", "train.py"], cwd=project, capture_output=True, check=True)


def test_an_option_of_the_rule_holds(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    settings = project / "pyproject.toml"
    settings.write_text(settings.read_text().replace("gated = true", "gated = false"))
    assert main(["--trust-rule-paths", "--select", "LAB101", "train.py"]) == 0
    assert capsys.readouterr().err == ""


def test_the_vocabulary_is_that_of_the_trace() -> None:
    rows = ROW.findall(PAGE)
    assert len(rows) >= 12
    for names, attributes in rows:
        for name in re.findall(r"\w+", names):
            event = getattr(events, name)
            assert issubclass(event, events.Event)
            assert set(re.findall(r"`(\w+)`", attributes)) <= set(event.__struct_fields__), name
    known = set(dir(view.Training)) | {field.name for field in dataclasses.fields(view.Training)}
    (sentence,) = re.findall(r"A training has .*?\n\n", PAGE, re.DOTALL)
    assert set(re.findall(r"`(\w+)`", sentence)) - {"split"} <= known
