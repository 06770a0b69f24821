"""What settings and comments turn off is not told by the monitors either."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from running import Runner

TRAINING = """\
import torch
from torch import nn

torch.manual_seed(0)
model = nn.Linear(4, 1)
optimizer = torch.optim.AdamW(model.parameters(), lr=1e-3)
for _ in range(6):
    loss = model(torch.randn(8, 4)).square().mean()
    loss.backward()
    optimizer.step()
"""
SUPPRESSED = TRAINING.replace("backward()", "backward()  # trainlint: ignore[missing-zero-grad]")


@pytest.mark.parametrize(
    ("script", "options", "told"),
    [
        (TRAINING, (), True),
        (TRAINING, ("--select", "TL501"), True),
        (TRAINING, ("--select", "TL7"), False),
        (TRAINING, ("--ignore", "missing-zero-grad"), False),
        (SUPPRESSED, (), False),
    ],
)
def test_a_mistake_that_nobody_wants_to_hear_of(
    script: str, options: tuple[str, ...], told: bool, runner: Runner, tmp_path: Path
) -> None:
    (tmp_path / "train.py").write_text(script, encoding="utf-8")
    found = runner.run(tmp_path, *options, "train.py").found["findings"]
    assert ("TL501" in [finding["code"] for finding in found]) is told


def test_advice_that_is_off_by_default_does_not_quieten_the_monitors(runner: Runner, tmp_path: Path) -> None:
    diverging = TRAINING.replace(".mean()", ".mean() / 0").replace(
        "    loss.b", "    optimizer.zero_grad()\n    loss.b"
    )
    (tmp_path / "train.py").write_text(diverging, encoding="utf-8")
    assert "non-finite-loss" in runner.run(tmp_path, "train.py").watched
    assert "non-finite-loss" not in runner.run(tmp_path, "--ignore", "TL803", "train.py").watched


def test_settings_of_another_folder_that_are_not_understood_are_said_as_they_are(tmp_path: Path) -> None:
    (tmp_path / "train.py").write_text("import lib.net\n")
    (tmp_path / "lib").mkdir()
    (tmp_path / "lib" / "net.py").write_text(TRAINING)
    (tmp_path / "lib" / "trainlint.toml").write_text("selekt = []\n")
    command = [sys.executable, "-m", "trainlint", "run", "train.py"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=True)
    assert done.stderr.endswith("\nnote: lib/trainlint.toml: unknown key 'selekt'; did you mean select?\n")
