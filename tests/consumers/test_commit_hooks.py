"""Managers of commit hooks, with a clone of our repository: what they try, and what their installed hook refuses."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.consumers.conftest import installed, notebook

pytestmark = pytest.mark.consumers

CONFIGURATION = """
repos:
  - repo: {repository}
    rev: {revision}
    hooks:
      - id: trainlint
"""
TRAIN = """\
import torch
from torch import nn

from helper import advance

net = nn.Linear(2, 2)
data = [(torch.randn(4, 2), torch.zeros(4, dtype=torch.long))]
optimizer = torch.optim.SGD(net.parameters(), lr=0.1, momentum=0.9)
for epoch in range(3):
    for x, y in data:
        loss = nn.functional.cross_entropy(net(x), y)
        loss.backward()
        advance(optimizer)
"""
HELPER = "def advance(optimizer):\n    optimizer.step()\n    optimizer.zero_grad()\n"
FORGETFUL = HELPER.replace("    optimizer.zero_grad()\n", "")
FOUND = "train.py:12:9: error[TL501]"

Run = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture(scope="session")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the managers keep the environments that they build."""
    return tmp_path_factory.mktemp("home")


@pytest.fixture(scope="session")
def prek(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return installed(tmp_path_factory.mktemp("prek"), "prek==0.5.11", "prek")


@pytest.fixture(params=["pre-commit", "prek"])
def manager(request: pytest.FixtureRequest, home: Path) -> Run:
    """Runs one of the managers in a folder."""
    program = [sys.executable, "-Im", "pre_commit"]
    if request.param == "prek":
        program = [str(request.getfixturevalue("prek"))]

    def run(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [*program, *arguments], cwd=folder, env=clean(home), capture_output=True, text=True, check=False
        )

    return run


def clean(home: Path) -> dict[str, str]:
    """The environment without what the machine or an outer git says, and with homes for the managers."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("GIT_", "PRE_COMMIT", "PREK_"))}
    return {**kept, "PRE_COMMIT_HOME": str(home / "pre-commit"), "PREK_HOME": str(home / "prek"), "NO_COLOR": "1"}


@pytest.fixture
def theirs(tmp_path: Path, git: Callable[..., str]) -> Path:
    """A project whose training is right, committed."""
    folder = tmp_path / "theirs"
    folder.mkdir()
    files = {"train.py": TRAIN, "helper.py": HELPER, "trainlint.toml": 'select = ["TL501"]\n', "notes.txt": "notes\n"}
    for name, text in files.items():
        (folder / name).write_text(text)
    git(folder, "init")
    git(folder, "add", "-A")
    git(folder, "commit", "-m", "right")
    return folder


@pytest.fixture
def commit(
    theirs: Path, ours: Path, manager: Run, git: Callable[..., str], home: Path
) -> Callable[[dict[str, str]], str]:
    """Installs the hook; then writes files and commits them. Gives what was said if that is refused, else nothing."""
    revision = git(ours, "rev-parse", "HEAD").strip()
    (theirs / ".pre-commit-config.yaml").write_text(CONFIGURATION.format(repository=ours, revision=revision))
    git(theirs, "add", "-A")
    git(theirs, "commit", "-m", "use trainlint")
    done = manager(theirs, "install")
    assert done.returncode == 0, done.stderr

    def write_and_commit(files: dict[str, str]) -> str:
        for name, text in files.items():
            (theirs / name).write_text(text)
        git(theirs, "add", *files)
        try:
            git(theirs, "commit", "-m", "work", **clean(home))
        except subprocess.CalledProcessError as refused:
            return str(refused.stdout + refused.stderr)
        return ""

    return write_and_commit


def test_trying_our_repository_shows_what_is_wrong(manager: Run, ours: Path, theirs: Path) -> None:
    (theirs / "helper.py").write_text(FORGETFUL)
    done = manager(theirs, "try-repo", str(ours), "trainlint", "--all-files")
    assert done.returncode == 1, done.stdout + done.stderr
    assert FOUND in done.stdout


def test_a_helper_alone_is_committed_and_the_mistake_is_in_the_script(
    commit: Callable[[dict[str, str]], str], theirs: Path, git: Callable[..., str]
) -> None:
    refusal = commit({"helper.py": FORGETFUL})
    assert FOUND in refusal
    assert "helper.py:2:5: " in refusal
    assert git(theirs, "diff", "--cached", "--name-only") == "helper.py\n"
    assert commit({"helper.py": HELPER + "\n\ndef unused():\n    pass\n"}) == ""
    assert git(theirs, "status", "--porcelain") == ""


def test_notebooks_run_the_hook_and_other_files_do_not(
    commit: Callable[[dict[str, str]], str], theirs: Path, git: Callable[..., str]
) -> None:
    script = TRAIN.replace("advance(optimizer)", "optimizer.step()").replace("from helper import advance\n", "")
    refusal = commit({"explore.ipynb": notebook(script)})
    assert "explore.ipynb:cell 2:11:9: error[TL501]" in refusal
    git(theirs, "reset")  # the notebook stays in the folder, uncommitted
    assert commit({"notes.txt": "more notes\n"}) == ""
