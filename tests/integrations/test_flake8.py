"""flake8 itself, with the plugin."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

HELPER = "def advance(optimizer):\n    optimizer.step()\n"
SCRIPT = """\
import torch
from torch import nn

from helper import advance

net = nn.Linear(2, 2)
optimizer = torch.optim.SGD(net.parameters(), lr=0.1, momentum=0.9)
for epoch in range(3):
    for x, y in [(torch.randn(4, 2), torch.zeros(4, dtype=torch.long))]:
        loss = nn.functional.cross_entropy(net(x), y)
        loss.backward(){comment}
        advance(optimizer)
        print(loss.item())
"""


def flake8(folder: Path, *arguments: str, text: str | None = None) -> tuple[int, str]:
    command = [sys.executable, "-m", "flake8", "--isolated", "--select", "TL", *arguments]
    done = subprocess.run(command, cwd=folder, input=text, capture_output=True, text=True, check=False)
    return done.returncode, done.stdout + done.stderr


def test_findings_that_need_other_files_are_told_at_their_own(tmp_path: Path) -> None:
    (tmp_path / "helper.py").write_text(HELPER)
    (tmp_path / "train.py").write_text(SCRIPT.format(comment=""))
    (tmp_path / "trainlint.toml").write_text('select = ["TL501"]\n')
    status, output = flake8(tmp_path, ".")
    assert status == 1
    assert output.startswith("./train.py:11:9: TL501 Gradients are never zeroed")
    assert output.count("\n") == 1
    status, output = flake8(tmp_path, "train.py")
    assert output.startswith("train.py:11:9: TL501")
    (tmp_path / "train.py").write_text(SCRIPT.format(comment="  # noqa: TL501"))
    assert flake8(tmp_path, ".") == (0, "")


def test_standard_input_is_a_program_of_its_own(tmp_path: Path) -> None:
    text = (
        SCRIPT.format(comment="")
        .replace("from helper import advance\n", "")
        .replace("advance(optimizer)", "optimizer.step()")
    )
    status, output = flake8(tmp_path, "--extend-ignore", "TL1,TL7,TL8,TL9", "-", text=text)
    assert status == 1
    assert "TL501" in output


def test_a_configuration_that_is_not_understood_ends_it(tmp_path: Path) -> None:
    (tmp_path / "train.py").write_text(SCRIPT.format(comment=""))
    (tmp_path / "helper.py").write_text(HELPER)
    (tmp_path / "trainlint.toml").write_text('selct = ["TL501"]\n')
    complaint = "trainlint: trainlint.toml: unknown key 'selct'; did you mean select?"
    told = f"There was a critical error during execution of Flake8:\n{complaint}\n"
    assert flake8(tmp_path, "train.py") == (1, told)
    assert flake8(tmp_path, "--jobs", "2", ".") == (1, told)


def test_rules_of_the_project_are_told_to_be_missing_without_consent(tmp_path: Path) -> None:
    (tmp_path / "helper.py").write_text(HELPER)
    (tmp_path / "train.py").write_text(SCRIPT.format(comment=""))
    (tmp_path / "trainlint.toml").write_text('select = ["TL501"]\nrule-paths = ["checks"]\n')
    (tmp_path / "checks").mkdir()
    _, output = flake8(tmp_path, "train.py")
    assert "TL501" in output
    assert "trainlint: " in output and "the rules in checks were not loaded" in output
