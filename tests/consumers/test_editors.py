"""Real editors: Neovim with the lines of docs/editors.md, and the packaging of the VS Code extension."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import zipfile
from pathlib import Path

import pytest

from tests.consumers.conftest import command_folder, packaged_extension

pytestmark = pytest.mark.consumers
ROOT = Path(__file__).parents[2]

# In words that every Neovim since 0.7 understands.
QUESTION = """\
vim.cmd("edit train.py")
vim.wait(120000, function() return #vim.diagnostic.get(0) > 0 end, 50)
for _, found in ipairs(vim.diagnostic.get(0)) do
  print((found.code or found.user_data.lsp.code) .. ":" .. (found.lnum + 1))
end
local params = { textDocument = vim.lsp.util.make_text_document_params(0), position = { line = 40, character = 4 } }
for _, answer in pairs(vim.lsp.buf_request_sync(0, "textDocument/hover", params, 60000) or {}) do
  print(answer.result and answer.result.contents.value or "no hover")
end
vim.cmd("qall!")
"""


@pytest.mark.parametrize(
    ("program", "heading"), [("neovim", "Neovim 0.11 and newer"), ("older_neovim", "Neovim before 0.11")]
)
def test_neovim_shows_findings_and_hovers_with_the_documented_lines(
    request: pytest.FixtureRequest, tmp_path: Path, program: str, heading: str
) -> None:
    page = (ROOT / "docs" / "editors.md").read_text(encoding="utf-8")
    found = re.search(rf"## {re.escape(heading)}\n\n```lua\n(.*?)```", page, re.DOTALL)
    assert found is not None
    (tmp_path / "init.lua").write_text(found.group(1))
    (tmp_path / "question.lua").write_text(QUESTION)
    project = tmp_path / "project"
    shutil.copytree(ROOT / "examples" / "digits", project, ignore=shutil.ignore_patterns("__pycache__"))
    (project / "trainlint.toml").write_text('select = ["TL501", "TL601"]\n')
    editor = request.getfixturevalue(program)
    done = subprocess.run(
        [editor, "--headless", "-u", tmp_path / "init.lua", "-c", f"luafile {tmp_path / 'question.lua'}"],
        cwd=project,
        env={
            **os.environ,
            "PATH": f"{command_folder(tmp_path)}{os.pathsep}{os.environ['PATH']}",
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
    extension = packaged_extension(tmp_path / "vscode")
    names = set(zipfile.ZipFile(extension).namelist())
    assert {"extension/extension.js", "extension/package.json", "extension/LICENSE.txt"} <= names
    assert any(name.startswith("extension/node_modules/vscode-languageclient/") for name in names)
    subprocess.run(["node", "--check", "extension.js"], cwd=extension.parent, check=True)
