"""The example project that the README lints: its mistakes are found, and it runs."""

from __future__ import annotations

import re
import runpy
import sys
import warnings
from pathlib import Path

import pytest
from linting import lint_paths, reported

from trainlint.report import render

ROOT = Path(__file__).parent.parent
EXAMPLE = ROOT / "examples" / "digits"

# The code, the file, and what stands on the line that is flagged.
MISTAKES = [
    ("TL109", "data.py", "random_split(dataset"),
    ("TL517", "data.py", "DataLoader(train_set"),
    ("TL110", "data.py", "drop_last=True"),
    ("TL508", "model.py", "F.dropout("),
    ("TL601", "train.py", "loss = criterion("),
    ("TL501", "train.py", "loss.backward()"),
    ("TL507", "train.py", "total += loss"),
    ("TL506", "train.py", "for images, labels in loader:"),
    ("TL708", "train.py", "torch.optim.SGD("),
    ("TL703", "train.py", "StepLR("),
    ("TL101", "train.py", "if score > best:"),
    ("TL904", "train.py", "torch.save(model"),
]


@pytest.mark.parametrize(("code", "file", "words"), MISTAKES)
def test_the_mistake_is_found(code: str, file: str, words: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(EXAMPLE)
    found = [(name, row) for name, _, row, found_code in reported(lint_paths(["."])) if found_code == code]
    lines = {number for number, line in enumerate((EXAMPLE / file).read_text().splitlines(), 1) if words in line}
    assert len(found) == 1
    assert found[0][0] == file
    assert found[0][1] in lines


def test_the_readme_shows_what_is_printed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(EXAMPLE)
    (shown,) = re.findall(r"^```text\n(.*?)^```$", (ROOT / "README.md").read_text(), re.MULTILINE | re.DOTALL)
    assert shown in render(lint_paths(["."]), "full")


def test_the_example_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(EXAMPLE)
    monkeypatch.setattr(sys, "argv", ["train.py", "--epochs", "2"])
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # its mistakes are warned about, by torch too
        runpy.run_path(str(EXAMPLE / "train.py"), run_name="__main__")
    for module in ("data", "model"):
        del sys.modules[module]
    assert "best accuracy: " in capsys.readouterr().out
    assert (tmp_path / "digits.pt").exists()
