"""The benchmarks on tiny folders: that they measure, and say what they could not measure. No time is asserted."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent.parent
SCRIPT = """
import torch

model = torch.nn.Linear(3, 1)
optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
for epoch in range(10):
    loss = model(torch.ones(2, 3)).sum()
    loss.backward()
    optimizer.step()
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "code"
    (folder / "nested").mkdir(parents=True)
    (folder / "train.py").write_text(SCRIPT)
    (folder / "nested" / "old.py").write_text('import torch\nprint "Python 2"\n')
    return folder


def run(name: str, *arguments: object) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", f"benchmarks.{name}", *map(str, arguments)]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)


def first_cells(output: str) -> list[str]:
    """The first column of the tables in an output."""
    return [line.split("|")[1].strip() for line in output.splitlines() if line.startswith("|")]


def fake_peer(folder: Path, name: str, script: str) -> None:
    folder.mkdir(exist_ok=True)
    path = folder / name
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)


def test_cold_run_compares_with_the_parser_and_names_absent_peers(folder: Path, tmp_path: Path) -> None:
    numbers = tmp_path / "numbers.json"
    done = run("cold_run", folder, "--rounds", 2, "--peers", tmp_path / "nowhere", "--json", numbers)
    assert done.returncode == 0, done.stderr
    assert first_cells(done.stdout) == ["tool", "-" * 19, "libcst.parse_module", "trainlint"]
    assert "2 files" in done.stdout
    assert [f"{peer}: not installed" in done.stdout for peer in ("torchfix", "fixit", "flake8", "ruff")] == [True] * 4
    reference, own = json.loads(numbers.read_text())
    assert reference["ratios"] == [1.0, 1.0]
    assert own["ratios"] == [mine / theirs for mine, theirs in zip(own["cpu"], reference["cpu"], strict=True)]


def test_cold_run_measures_peers_and_tells_which_fail(folder: Path, tmp_path: Path) -> None:
    peers = tmp_path / "peers"
    fake_peer(peers, "ruff", "exit 1")
    fake_peer(peers, "flake8", "echo no such option >&2; exit 2")
    done = run("cold_run", folder, "--rounds", 1, "--peers", peers)
    assert first_cells(done.stdout)[2:] == ["libcst.parse_module", "trainlint", "ruff"]
    assert "flake8: exits with 2: no such option" in done.stdout


@pytest.mark.parametrize("name", ["cold_run", "stages"])
def test_a_missing_folder_is_one_clear_line(name: str, tmp_path: Path) -> None:
    done = run(name, tmp_path / "missing")
    assert done.returncode == 2
    assert done.stderr == f"{name}: {tmp_path / 'missing'}: no such file or folder\n"


def test_growth_compares_sizes_of_tree() -> None:
    done = run("growth", "--files", 4, 8, "--rounds", 1)
    assert done.returncode == 0, done.stderr
    assert first_cells(done.stdout)[2:] == ["4", "8"]
    assert "times that on 4" in done.stdout


def test_growth_refuses_a_tree_that_it_takes_off() -> None:
    done = run("growth", "--files", 1)
    assert done.returncode == 2
    assert "at least 2 files" in done.stderr


def test_stages_share_the_time_out(folder: Path) -> None:
    done = run("stages", folder, "--rules", 3, "--functions", 1)
    assert done.returncode == 0, done.stderr
    names = first_cells(done.stdout)
    assert [name for name in names if name in ("parse", "lower", "trace", "rules")] == [
        "parse",
        "lower",
        "trace",
        "rules",
    ]
    assert len(names[names.index("rule") :]) == 2 + 3
    assert "nested/old.py:2: " in done.stderr
    assert "function calls" in done.stdout


def test_latency_talks_to_a_server() -> None:
    done = run("latency", "--files", 4, "--lines", 60, "--edits", 2)
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("4 files, ")
    assert "2 edits\nfrom an edit to its diagnostics: median " in done.stdout
