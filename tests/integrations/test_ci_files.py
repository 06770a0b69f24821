"""The GitHub Action and the GitLab template: their own steps, run by a shell on a project."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).parents[2]
ACTION = ROOT / "integrations" / "github" / "action.yml"
TEMPLATE = ROOT / "integrations" / "gitlab" / "trainlint.gitlab-ci.yml"
BAD = """\
import torch
from torch import nn

net = nn.Linear(2, 2)
optimizer = torch.optim.SGD(net.parameters(), lr=0.1, momentum=0.9)
for epoch in range(3):
    loss = net(torch.randn(4, 2)).mean()
    loss.backward()
    optimizer.step()
    print(loss.item())
"""


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A project with one finding, and a trainlint on its PATH."""
    (tmp_path / "train.py").write_text(BAD)
    (tmp_path / "trainlint.toml").write_text('select = ["TL501"]\n')
    command = tmp_path / "bin" / "trainlint"
    command.parent.mkdir()
    command.write_text(f'#!/bin/sh\nexec {sys.executable} -Im trainlint "$@"\n')
    command.chmod(0o755)
    return tmp_path


def shell(script: str, project: Path, **variables: str) -> tuple[int, str]:
    path = f"{project / 'bin'}{os.pathsep}{os.environ['PATH']}"
    done = subprocess.run(
        ["bash", "-eo", "pipefail", "-c", script],
        cwd=project,
        env={**os.environ, "PATH": path, **variables},
        capture_output=True,
        text=True,
        check=False,
    )
    return done.returncode, done.stdout + done.stderr


def steps() -> dict[str, dict[str, Any]]:
    action = yaml.safe_load(ACTION.read_text())
    assert action["runs"]["using"] == "composite"
    return {step.get("name", step.get("uses")): step for step in action["runs"]["steps"]}


def test_the_action_annotates_and_fails(project: Path) -> None:
    status, output = shell(steps()["Lint"]["run"], project, PATHS=".", ARGS="")
    assert status == 1
    assert output.startswith("::error title=TL501 missing-zero-grad,file=train.py,line=8,")
    assert shell(steps()["Lint"]["run"], project, PATHS="train.py", ARGS="--ignore TL501 --exit-zero") == (0, "")


def test_the_action_writes_sarif_and_goes_on(project: Path) -> None:
    status, _ = shell(steps()["Write SARIF"]["run"], project, PATHS=".", ARGS="", SARIF_FILE="out.sarif")
    assert status == 0
    assert json.loads((project / "out.sarif").read_text())["runs"][0]["results"][0]["ruleId"] == "TL501"


def test_the_action_installs_the_checkout_that_it_is_part_of() -> None:
    assert "$GITHUB_ACTION_PATH/../.." in steps()["Install trainlint"]["run"]
    assert (ACTION.parent / ".." / ".." / "pyproject.toml").exists()


def test_each_variable_of_the_action_is_an_input() -> None:
    text = ACTION.read_text()
    inputs = yaml.safe_load(text)["inputs"]
    assert set(re.findall(r"inputs\.([\w-]+)", text)) == set(inputs)
    assert all(entry["description"] for entry in inputs.values())


def test_the_template_reports_and_fails(project: Path) -> None:
    job = yaml.safe_load(TEMPLATE.read_text())["trainlint"]
    missing, _, lint = job["script"]
    variables = {**job["variables"], "TRAINLINT_SOURCE": "git+https://example.org/trainlint"}
    assert shell(missing, project, **job["variables"])[0] == 2
    assert shell(missing, project, **variables)[0] == 0
    assert shell(lint, project, **variables)[0] == 1
    report = project / job["artifacts"]["reports"]["codequality"]
    assert json.loads(report.read_text())[0]["check_name"] == "TL501"
