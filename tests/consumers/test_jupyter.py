"""JupyterLab's server part, jupyter-lsp, with the lines of docs/editors.md."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import venv
from pathlib import Path

import pytest

from tests.consumers.conftest import ROOT, command_folder

pytestmark = pytest.mark.consumers


@pytest.fixture(scope="session")
def jupyter(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The interpreter of an environment with jupyter-lsp."""
    folder = tmp_path_factory.mktemp("jupyter")
    venv.create(folder, with_pip=True)
    python = folder / "bin" / "python"
    install = [str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "jupyter-lsp==2.3.1"]
    done = subprocess.run(install, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return python


def test_a_notebook_is_linted_with_the_documented_lines(jupyter: Path, tmp_path: Path) -> None:
    page = (ROOT / "docs" / "editors.md").read_text(encoding="utf-8")
    found = re.search(r"## JupyterLab\n.*?```json\n(.*?)```", page, re.DOTALL)
    assert found is not None
    (tmp_path / "jupyter_server_config.json").write_text(found.group(1))
    project = tmp_path / "project"
    shutil.copytree(ROOT / "examples" / "digits", project, ignore=shutil.ignore_patterns("__pycache__"))
    drive = Path(__file__).with_name("drive_jupyter.py")
    done = subprocess.run(
        [jupyter, drive, tmp_path / "jupyter_server_config.json", "trainlint", project / "train.py"],
        env={**os.environ, "PATH": f"{command_folder(tmp_path)}{os.pathsep}{os.environ['PATH']}"},
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )
    assert "TL501:16 Gradients are never zeroed" in done.stdout, done.stderr
    # From model.py beside the notebook.
    assert "model.py line 18: softmax is applied here" in done.stdout
    assert list(project.glob(".*")) == []
