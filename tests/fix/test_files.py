"""Fixing of files as the command line does it: what is written, shown, refused and left alone."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from fixing import fix_file
from linting import builtin_rules

from trainlint.cli import main
from trainlint.config import Config, Configurations
from trainlint.facts import source_from_bytes
from trainlint.findings import Applicability, Edit, Finding, Fix, Level, Place
from trainlint.fix import WriteError, apply_fixes, write
from trainlint.fix.contents import edited
from trainlint.program import Program, load_program
from trainlint.results import Diagnosis, Report

BAD = """\
import torch
from torch import nn

model = nn.Linear(4, 1)  # a comment
optimizer = torch.optim.AdamW(model.parameters(), lr=1e-3)
for step in range(20):
    loss = nn.functional.mse_loss(model.forward(torch.randn(16, 4)), torch.zeros(16, 1))
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    print(step, loss.item())
"""
GOOD = BAD.replace("model.forward(", "model(")


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    place = tmp_path / "project"
    place.mkdir()
    monkeypatch.chdir(place)
    return place


def test_fix_writes_and_says_so(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "train.py").write_text(BAD)
    os.chmod("train.py", 0o700)
    assert main(["--isolated", "--fix", "train.py"]) == 0
    assert (folder / "train.py").read_text() == GOOD
    assert os.stat("train.py").st_mode & 0o777 == 0o700
    assert "Fixed 1 finding in 1 file." in capsys.readouterr().err
    assert sorted(os.listdir()) == ["train.py"]


def test_diff_shows_and_writes_nothing(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "train.py").write_text(BAD)
    assert main(["--isolated", "--diff", "train.py"]) == 1
    assert (folder / "train.py").read_text() == BAD
    out = capsys.readouterr().out
    assert out.startswith("--- a/train.py\n+++ b/train.py\n")
    assert (
        subprocess.run(["patch", "-p1", "--dry-run"], input=out, text=True, check=False, capture_output=True).returncode
        == 0
    )


def test_unsafe_fixes_wait_to_be_asked_for(folder: Path) -> None:
    text = "import torch\nfrom torch import nn\n\nnet = nn.Linear(2, 2)\ntorch.save(net, 'net.pt')\n"
    (folder / "save.py").write_text(text)
    assert main(["--isolated", "--fix", "save.py"]) == 1
    assert (folder / "save.py").read_text() == text
    assert main(["--isolated", "--fix", "--unsafe-fixes", "save.py"]) == 0
    assert "torch.save(net.state_dict(), 'net.pt')" in (folder / "save.py").read_text()


def test_unsafe_fixes_alone_are_a_mistake(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--isolated", "--unsafe-fixes", "."]) == 2
    assert "--unsafe-fixes goes with --fix or --diff" in capsys.readouterr().err


def test_standard_input_is_fixed_to_standard_output() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "trainlint", "--isolated", "--fix", "-"],
        input=BAD,
        text=True,
        capture_output=True,
        check=False,
    )
    assert (done.returncode, done.stdout) == (0, GOOD)


def test_a_file_that_changed_meanwhile_is_left(folder: Path) -> None:
    (folder / "train.py").write_text(BAD)
    result = fix_file("train.py")
    (folder / "train.py").write_text(BAD + "# mine\n")
    with pytest.raises(WriteError, match="has changed since it was linted"):
        write("train.py", result.before["train.py"], result.after["train.py"])
    assert (folder / "train.py").read_text() == BAD + "# mine\n"


def test_a_link_stays_a_link(folder: Path) -> None:
    (folder / "real.py").write_text(BAD)
    os.symlink("real.py", "link.py")
    write("link.py", BAD.encode(), GOOD.encode())
    assert os.path.islink("link.py")
    assert (folder / "real.py").read_text() == GOOD


@pytest.mark.parametrize("indent", [1, None, 4])
@pytest.mark.parametrize("joined", [False, True])
def test_a_notebook_keeps_everything_else(folder: Path, indent: int | None, joined: bool) -> None:
    lines = BAD.splitlines(keepends=True)
    cells = [
        {"cell_type": "markdown", "metadata": {}, "source": ["# Ünïcode, and a number: "]},
        {
            "cell_type": "code",
            "execution_count": 3,
            "metadata": {"x": 1.0e-5},
            "outputs": [{"data": 1e22}],
            "source": [],
        },
        {
            "cell_type": "code",
            "execution_count": 4,
            "metadata": {},
            "outputs": [],
            "source": "".join(["%matplotlib inline\n", *lines]) if joined else ["%matplotlib inline\n", *lines],
        },
    ]
    text = json.dumps({"cells": cells, "metadata": {"b": 2, "a": 1}, "nbformat": 4}, indent=indent, ensure_ascii=False)
    text = text.replace("1e-05", "1.0e-5") + "\n"
    (folder / "train.ipynb").write_text(text, encoding="utf-8")
    assert main(["--isolated", "--fix", "train.ipynb"]) == 0
    assert (folder / "train.ipynb").read_text(encoding="utf-8") == text.replace("model.forward(", "model(")


@pytest.mark.parametrize("start", [b"", b"\xef\xbb\xbf", b"# -*- coding: latin-1 -*-\n# caf\xe9\n"])
def test_encodings_and_marks_survive(start: bytes) -> None:
    data = start + b"first = 1\r\nsecond = 2\n"
    source = source_from_bytes("a.py", data)
    at = source.text.index("2")
    assert edited(source, data, [Edit(Place("a.py", at, at + 1), "3")]) == data.replace(b"2", b"3")


def breaking(program: Program) -> Report:
    """A report with one fix, which makes of the file's first name something that can't be parsed."""
    key = next(iter(program.sources))
    place = Place(key, 0, 1)
    fix = Fix("Break it", (Edit(place, "def ("),), Applicability.SAFE)
    return Report(
        (Diagnosis(Finding("LAB101", "broken", Level.ERROR, "Broken.", place, fix=fix), program.spot(place)),)
    )


@pytest.mark.parametrize("name", ["a.py", "a.ipynb"])
def test_a_fix_that_breaks_the_program_is_refused(folder: Path, name: str) -> None:
    cell = {"cell_type": "code", "execution_count": 1, "metadata": {}, "outputs": [], "source": ["import torch"]}
    notebook = json.dumps({"cells": [cell], "metadata": {}, "nbformat": 4})
    (folder / name).write_text("import torch\n" if name == "a.py" else notebook)
    settings = Configurations(builtin_rules(), pinned=Config(folder="/"))
    program = load_program([name], settings, lambda stage, done, total: None)
    result = apply_fixes(program, breaking, {Applicability.SAFE})
    assert (result.applied, result.after) == ([], {})
    assert [
        problem for problem in result.problems if name in problem and "was not applied" in problem
    ] == result.problems
    assert len(result.problems) == 1
