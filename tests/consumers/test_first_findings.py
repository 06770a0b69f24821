"""One command from a clean checkout to a first finding: in the terminal, through pre-commit, in Neovim."""

from __future__ import annotations

import os
import re
import subprocess
from pathlib import Path

import pytest

pytestmark = pytest.mark.consumers

ROOT = Path(__file__).parents[2]
FOUND = "train.py:16:9: error[TL501]"
LISTED = """
vim.wait(120000, function() return #vim.fn.getqflist() > 0 end, 50)
for _, found in ipairs(vim.fn.getqflist()) do
  print(vim.fn.bufname(found.bufnr) .. ":" .. found.lnum .. ":" .. found.col .. ": " .. found.text)
end
print("windows: " .. #vim.api.nvim_list_wins() .. ", in " .. vim.fn.bufname())
vim.cmd("qall!")
"""


@pytest.fixture
def checkout(ours: Path, tmp_path: Path) -> Path:
    """A fresh clone of our repository."""
    folder = tmp_path / "trainlint"
    subprocess.run(["git", "clone", "--quiet", ours, folder], check=True)
    return folder


def ran(checkout: Path, command: str, *arguments: str | Path, first_on_path: Path | None = None) -> str:
    """What a command of the README says in the checkout, which it leaves as git knows it."""
    readme = (checkout / "README.md").read_text(encoding="utf-8")
    assert re.search(rf"^\$ {re.escape(command)}( |$)", readme, re.MULTILINE)
    path = os.environ["PATH"] if first_on_path is None else f"{first_on_path}{os.pathsep}{os.environ['PATH']}"
    done = subprocess.run(
        [checkout / command, *arguments],
        cwd=checkout.parent,
        env={**os.environ, "PATH": path, "NO_COLOR": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert subprocess.run(["git", "status", "--porcelain"], cwd=checkout, capture_output=True, check=True).stdout == b""
    return done.stdout + done.stderr


def test_in_the_terminal(checkout: Path) -> None:
    assert FOUND in ran(checkout, "scripts/try")


def test_through_pre_commit(checkout: Path) -> None:
    assert FOUND in ran(checkout, "scripts/try-pre-commit")


@pytest.mark.parametrize("program", ["neovim", "older_neovim"])
def test_in_neovim(request: pytest.FixtureRequest, checkout: Path, program: str, tmp_path: Path) -> None:
    (tmp_path / "listed.lua").write_text(LISTED)
    editor: Path = request.getfixturevalue(program)
    assert editor.name == "nvim"
    arguments = ("--headless", "-c", f"luafile {tmp_path / 'listed.lua'}")
    said = ran(checkout, "scripts/try-neovim", *arguments, first_on_path=editor.parent)
    assert "train.py:16:9: Gradients are never zeroed" in said
    assert "windows: 2, in train.py" in said
