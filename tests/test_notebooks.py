"""A notebook has the findings of the script that its cells make, at their cells and lines."""

from __future__ import annotations

import ast
import json
import re
import subprocess
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from trainlint.facts import source_from_text
from trainlint.testing.linting import lint_sources

ROOT = Path(__file__).parent.parent
CASES = ROOT / "tests" / "cases"
SCRIPTS = sorted(path.name for path in CASES.glob("*.py") if "# expect:" in path.read_text(encoding="utf-8"))[::10]

Found = tuple[str, "int | None", int, int]
"""A finding: its code, cell, row and column."""


@dataclass(frozen=True)
class Cell:
    """A cell, and the rows of the script that it holds, beginning behind ``before`` rows of its own."""

    kind: str
    text: str
    first: int = 0
    rows: int = 0
    before: int = 0


def cut(script: str) -> list[Cell]:
    """A script in cells, one for each of its statements and what stands before it."""
    lines = script.splitlines(keepends=True)
    ends = [statement.end_lineno or 0 for statement in ast.parse(script).body]
    ends[-1] = len(lines)
    firsts = [1, *(end + 1 for end in ends[:-1])]
    return [
        Cell("code", "".join(lines[first - 1 : end]), first, end - first + 1)
        for first, end in zip(firsts, ends, strict=True)
    ]


def notebook(cells: Sequence[Cell], *, language: str = "python", counts: Sequence[int | None] = ()) -> str:
    """The file of a notebook; ``counts`` says when its cells were executed."""
    written: list[dict[str, Any]] = []
    for number, cell in enumerate(cells):
        entry: dict[str, Any] = {"cell_type": cell.kind, "metadata": {}, "source": cell.text.splitlines(keepends=True)}
        if cell.kind == "code":
            entry |= {"execution_count": counts[number] if counts else None, "outputs": []}
        written.append(entry)
    metadata = {"language_info": {"name": language}, "kernelspec": {"name": language, "language": language}}
    return json.dumps({"cells": written, "metadata": metadata, "nbformat": 4, "nbformat_minor": 5}, indent=1)


def findings(name: str, text: str) -> list[Found]:
    report = lint_sources([source_from_text(name, text)])
    assert report.problems == ()
    return sorted(
        (each.finding.code, each.spot.location.cell, each.spot.location.row, each.spot.location.column)
        for each in report.diagnoses
    )


def moved(found: Sequence[Found], cells: Sequence[Cell]) -> list[Found]:
    """Where a script's findings are in cells that hold it."""

    def places() -> Iterator[Found]:
        for code, _, row, column in found:
            for number, cell in enumerate(cells, 1):
                if cell.first <= row < cell.first + cell.rows:
                    yield code, number, row - cell.first + 1 + cell.before, column

    return sorted(places())


@pytest.mark.parametrize("name", SCRIPTS)
def test_cells_have_the_findings_of_their_script(name: str) -> None:
    script = (CASES / name).read_text(encoding="utf-8")
    cells = cut(script)
    found = findings("train.py", script)
    assert found
    assert findings("train.ipynb", notebook(cells)) == moved(found, cells)


SCRIPT = """\
import torch
from torch import nn
net = nn.Sequential(nn.Linear(2, 8), nn.ReLU(), nn.Linear(8, 2), nn.Softmax(1))
data = [(torch.randn(4, 2), torch.zeros(4, dtype=torch.long))]
optimizer = torch.optim.SGD(net.parameters(), lr=0.1, momentum=0.9)
for epoch in range(3):
    for x, y in data:
        loss = nn.functional.cross_entropy(net(x), y)
        loss.backward()
        optimizer.step()
"""
FOUND = [("TL501", None, 9, 9), ("TL601", None, 8, 16)]


def test_the_script_of_the_following_tests_has_findings() -> None:
    assert findings("train.py", SCRIPT) == FOUND


# What stands before the code of a cell: IPython's own, in as many rows.
HEADS = (
    "",
    "\n\n",
    "%matplotlib inline\n",
    "%%time\n",
    "\n%%capture output\n!pip install -q torch \\\n    numpy\n",
    "!nvidia-smi\nfiles = !ls *.pt\nnn.Linear?\n",
    "%load_ext autoreload\n%autoreload 2\n# it's 100% done!\n",
)
# Cells that are no part of the program.
OTHERS = (
    Cell("markdown", "# Training\n\n    optimizer.zero_grad()\n"),
    Cell("raw", "optimizer.zero_grad()\n"),
    Cell("code", ""),
    Cell("code", "\n  \n"),
    Cell("code", "%%bash\nfor f in *; do echo $f; done\n"),
    Cell("code", "%%writefile helper.py\noptimizer.zero_grad()\n"),
    Cell("code", "%%javascript\nlet optimizer = {};\n"),
    Cell("code", "!python train.py --lr {0.1}\n"),
    Cell("code", "optimizer?\n"),
)


@pytest.mark.parametrize("shift", range(len(HEADS)))
def test_what_is_no_python_only_moves_the_findings(shift: int) -> None:
    cells: list[Cell] = []
    for number, cell in enumerate(cut(SCRIPT)):
        head = HEADS[(number + shift) % len(HEADS)]
        cells += [
            OTHERS[(2 * number + shift) % len(OTHERS)],
            OTHERS[(2 * number + shift + 1) % len(OTHERS)],
            replace(cell, text=head + cell.text, before=head.count("\n")),
        ]
    assert findings("train.ipynb", notebook(cells)) == moved(FOUND, cells)


@pytest.mark.parametrize("language", ["R", "julia", "scala", "javascript"])
def test_a_notebook_of_another_language_has_no_findings(language: str) -> None:
    assert findings("train.ipynb", notebook(cut(SCRIPT), language=language)) == []


def test_cells_count_in_the_order_of_the_document_whenever_they_were_executed() -> None:
    *others, loop = cut(SCRIPT)
    zeroed = replace(loop, text=loop.text + "        optimizer.zero_grad()\n", rows=0)
    # Executed last, and yet the first loop of the document: it uses what the cells above it define.
    cells = [*others, loop, zeroed]
    backwards = [len(cells) - number for number in range(len(cells))]
    never = [None] * len(cells)
    in_order = [number + 1 for number in range(len(cells))]
    texts = [notebook(cells, counts=counts) for counts in (in_order, backwards, never)]
    assert [finding[:2] for finding in findings("train.ipynb", texts[0])] == [("TL501", 6), ("TL601", 6), ("TL601", 7)]
    assert findings("train.ipynb", texts[1]) == findings("train.ipynb", texts[2]) == findings("train.ipynb", texts[0])


# By a process in between: the first count of a process's memory is that of the one that starts it, here of all the tests.
MEASURED = """\
import resource, subprocess, sys
done = subprocess.run([sys.executable, "-Im", "trainlint", *sys.argv[1:]])
unit = 1 if sys.platform == "darwin" else 1024
print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss * unit, file=sys.stderr)
sys.exit(done.returncode)
"""


def test_a_notebook_of_50_megabytes_of_output_is_read_in_moderate_memory(tmp_path: Path) -> None:
    content = json.loads(notebook(cut(SCRIPT)))
    picture = {"output_type": "display_data", "metadata": {}, "data": {"image/png": "iVBORw0KGgo" * 530_000}}
    lines = {
        "output_type": "stream",
        "name": "stdout",
        "text": [f"step {step}: loss 0.{step}\n" for step in range(90_000)],
    }
    for cell in content["cells"]:
        cell["outputs"] = [picture, lines]
    path = tmp_path / "train.ipynb"
    path.write_text(json.dumps(content, indent=1), encoding="utf-8")
    megabytes = path.stat().st_size / 1e6
    assert megabytes > 50
    told, peaks = {}, []
    for output_format in ("json", "github"):
        command = [sys.executable, "-Ic", MEASURED, "--isolated", "--output-format", output_format, "train.ipynb"]
        done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
        assert done.returncode == 1, done.stderr
        told[output_format] = done.stdout
        peaks.append(int(done.stderr.split()[-1]) / 2**20)
    places = [(each["code"], each["cell"], each["location"]["row"]) for each in json.loads(told["json"])]
    assert sorted(places) == [(code, cell, row) for code, cell, row, _ in moved(FOUND, cut(SCRIPT))]
    # In megabytes: the file as bytes, as text and parsed, and trainlint itself.
    assert max(peaks) < 400
    # The lines of the file itself, behind all that output.
    rows = path.read_text(encoding="utf-8").splitlines()
    physical = sorted(int(found) for found in re.findall(r"line=(\d+)", told["github"]))
    assert [rows[row - 1].strip()[:30] for row in physical] == [
        '"        loss = nn.functional.',
        '"        loss.backward()\\n",',
    ]
