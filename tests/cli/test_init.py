"""How a project begins."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from trainlint.cli.main import main

Project = Callable[[Mapping[str, str]], Path]
Capture = pytest.CaptureFixture[str]
SOURCE = ("--source", "https://example.org/team/trainlint")


def run(*arguments: str) -> int:
    return main(list(arguments))


def test_a_pyproject_gets_the_table_and_keeps_its_bytes(project: Project, capsys: Capture) -> None:
    before = '[project]\nname = "x"  # ours'
    folder = project({"pyproject.toml": before, "train.py": "import torch\n"})
    assert run("init") == 0
    assert capsys.readouterr().out == "Added to pyproject.toml\n"
    text = (folder / "pyproject.toml").read_text()
    assert text.startswith(before + "\n\n[tool.trainlint]\n")
    assert run(".") == 0  # which it could not with a table that is not understood


def test_a_pyproject_that_is_no_toml_is_left_alone(project: Project, capsys: Capture) -> None:
    folder = project({"pyproject.toml": "[project\n"})
    assert run("init") == 2
    assert capsys.readouterr().err.startswith("trainlint: pyproject.toml: is not valid TOML: ")
    assert (folder / "pyproject.toml").read_text() == "[project\n"


def test_a_project_without_pyproject_gets_a_file_of_its_own(project: Project, capsys: Capture) -> None:
    folder = project({"train.py": "import torch\n"})
    assert run("init", "--pre-commit", "--github", "--gitlab", *SOURCE) == 0
    written = capsys.readouterr().out.splitlines()
    assert written == [
        "Wrote trainlint.toml",
        "Wrote .pre-commit-config.yaml",
        "Wrote .github/workflows/trainlint.yml",
        "Wrote .gitlab-ci.yml",
    ]
    assert run(".") == 0
    assert "repo: https://example.org/team/trainlint\n" in (folder / ".pre-commit-config.yaml").read_text()
    assert 'trainlint @ git+https://example.org/team/trainlint"' in (folder / ".gitlab-ci.yml").read_text()


def test_what_is_there_is_left_alone(project: Project, capsys: Capture) -> None:
    folder = project({".pre-commit-config.yaml": "repos: []\n", "pyproject.toml": "[tool.trainlint]\n"})
    assert run("init", "--pre-commit", *SOURCE) == 2
    told = capsys.readouterr().err
    assert told.startswith("trainlint: .pre-commit-config.yaml: is there already and was left as it is; add by hand:\n")
    assert "- id: trainlint" in told
    assert (folder / ".pre-commit-config.yaml").read_text() == "repos: []\n"
    assert run("init") == 0
    assert "is configured already" in capsys.readouterr().out


def test_the_hook_is_the_installed_trainlint_where_no_address_is_known(project: Project, capsys: Capture) -> None:
    folder = project({"a.py": ""})
    assert run("init", "--pre-commit") == 0
    assert "repo: local" in (folder / ".pre-commit-config.yaml").read_text()
    assert run("init", "--github") == 2
    assert "name it with --source ADDRESS" in capsys.readouterr().err


def test_the_address_is_that_of_the_installation(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    class Installed:
        def read_text(self, name: str) -> str:
            assert name == "direct_url.json"
            return json.dumps({"url": "https://example.org/ours", "vcs_info": {"vcs": "git", "commit_id": "0"}})

    monkeypatch.setattr("importlib.metadata.distribution", lambda name: Installed())
    folder = project({"a.py": ""})
    assert run("init", "--pre-commit") == 0
    assert "repo: https://example.org/ours\n" in (folder / ".pre-commit-config.yaml").read_text()


def test_a_folder_that_is_none_is_one_line(project: Project, capsys: Capture) -> None:
    project({"a.py": ""})
    assert run("init", "nowhere") == 2
    assert capsys.readouterr().err == "trainlint: nowhere: no such folder\n"


def test_a_broken_pyproject_is_one_line_and_stays_as_it_is(project: Project, capsys: Capture) -> None:
    folder = project({"pyproject.toml": "[tool.trainlint\n"})
    assert run("init") == 2
    told = capsys.readouterr().err
    assert told.startswith("trainlint: pyproject.toml")
    assert told.count("\n") == 1
    assert (folder / "pyproject.toml").read_text() == "[tool.trainlint\n"


def test_a_pyproject_keeps_its_newlines(project: Project) -> None:
    folder = project({"a.py": ""})
    (folder / "pyproject.toml").write_bytes(b"[project]\r\nname = 'x'\r\n")
    assert run("init") == 0
    data = (folder / "pyproject.toml").read_bytes()
    assert data.count(b"\n") == data.count(b"\r\n") > 5
