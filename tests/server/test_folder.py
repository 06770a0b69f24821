"""A folder that is edited shows what linting its files as they are would find."""

from __future__ import annotations

import ast
import random
from collections.abc import Iterator
from pathlib import Path

import pytest

from trainlint.packs import Registry
from trainlint.server.diagnostics import diagnostics_of
from trainlint.server.documents import OpenFile
from trainlint.server.folder import Folder, Outcome
from trainlint.server.places import Places
from trainlint.testing.linting import builtin_rules, lint

CASES = sorted((Path(__file__).parents[1] / "cases").glob("own_*.py"))
SAMPLE = random.Random(0).sample(CASES, 12)
STATEMENTS = ["pass", "note = 1", "model.eval()", "model.train()", "optimizer.zero_grad()", "loss = None", "break"]

HELPER = """\
from torch import nn


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.layers = nn.Sequential(nn.Linear(4, 4), nn.Dropout(0.5), nn.Linear(4, 2))

    def forward(self, x):
        return self.layers(x)


def advance(model, optimizer, loss):
    loss.backward()
    optimizer.step()


def unused(model, loader):
    for inputs, target in loader:
        print(model(inputs).argmax(1).eq(target))
"""
SCRIPT = """\
import torch
from helper import Net, advance
from torch.nn import functional as F
from torch.utils.data import DataLoader


def evaluate(model, loader):
    with torch.no_grad():
        return sum((model(x).argmax(1) == y).sum().item() for x, y in loader)


def probabilities(scores):
    return F.cross_entropy(F.softmax(scores, 1), scores.argmax(1))


def main(train_set, val_set):
    model = Net()
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1, momentum=0.9)
    for epoch in range(10):
        model.train()
        for x, y in DataLoader(train_set, batch_size=8, shuffle=True):
            optimizer.zero_grad()
            advance(model, optimizer, F.cross_entropy(model(x), y))
        print(evaluate(model, DataLoader(val_set)))
        torch.save(model.state_dict(), "model.pt")


if __name__ == "__main__":
    main(torch.load("train.pt"), torch.load("val.pt"))
"""


def registry_for(folder: str) -> Registry:
    return builtin_rules()


def shown(outcome: Outcome) -> list[tuple[str, str, int, int, str]]:
    """File, code, row and column from 1, and message of each diagnostic."""
    found = diagnostics_of(outcome, Places(outcome, "utf-32"), relates=True)
    return sorted(
        (Path(uri).name, str(each.code), each.range.start.line + 1, each.range.start.character + 1, each.message)
        for uri, diagnostics in found.items()
        for each in diagnostics
    )


def expected(texts: dict[str, str]) -> list[tuple[str, str, int, int, str]]:
    return sorted(
        (each.spot.filename, each.finding.code, each.spot.location.row, each.spot.location.column, message)
        for each in lint(texts).diagnoses
        for message in [f"{each.finding.message} ({each.finding.name})"]
    )


def edits(text: str, count: int, chance: random.Random) -> Iterator[str]:
    """The text with more and more statements, or fewer; all of them are Python."""
    while count:
        lines = text.splitlines(keepends=True)
        statement = chance.choice([node for node in ast.walk(ast.parse(text)) if isinstance(node, ast.stmt)])
        row = statement.lineno - 1
        if chance.random() < 0.7:
            lines.insert(row, f"{' ' * statement.col_offset}{chance.choice(STATEMENTS)}\n")
        else:
            del lines[row : statement.end_lineno]
        try:
            ast.parse("".join(lines))
        except SyntaxError:
            continue
        text = "".join(lines)
        count -= 1
        yield text


def opened(root: Path, texts: dict[str, str]) -> dict[str, OpenFile]:
    return {str(root / name): OpenFile(str(root / name), (root / name).as_uri(), text) for name, text in texts.items()}


def silent(stage: str, done: int, total: int) -> None:
    """Nobody watches."""


@pytest.mark.parametrize("path", SAMPLE, ids=lambda path: path.stem)
def test_an_edited_script_shows_what_it_holds(path: Path, tmp_path: Path) -> None:
    folder = Folder(str(tmp_path), registry_for)
    for text in edits(path.read_text(encoding="utf-8"), 5, random.Random(path.stem)):
        texts = {"train.py": text}
        assert shown(folder.lint(opened(tmp_path, texts), silent)) == expected(texts)


@pytest.mark.parametrize("seed", range(4))
def test_edited_files_show_what_they_hold_together(seed: int, tmp_path: Path) -> None:
    chance = random.Random(seed)
    folder = Folder(str(tmp_path), registry_for)
    texts = {"helper.py": HELPER, "train.py": SCRIPT}
    assert shown(folder.lint(opened(tmp_path, texts), silent)) == expected(texts)
    for _ in range(8):
        name = chance.choice([*texts])
        texts[name] = next(edits(texts[name], 1, chance))
        assert shown(folder.lint(opened(tmp_path, texts), silent)) == expected(texts)


def test_only_what_reaches_an_edit_is_walked_again(tmp_path: Path) -> None:
    folder = Folder(str(tmp_path), registry_for)
    texts = {
        "helper.py": HELPER,
        "train.py": SCRIPT,
        "other.py": "from helper import Net\nmodel = Net()\nmodel.eval()\n",
    }
    before = folder.lint(opened(tmp_path, texts), silent)
    texts["train.py"] = SCRIPT.replace("        model.train()\n", "        model.train()\n        model.eval()\n")
    after = folder.lint(opened(tmp_path, texts), silent)
    again = {(run.path, run.kind) for run in after.runs if not any(run is each for each in before.runs)}
    kept = {(run.path, run.kind) for run in after.runs if any(run is each for each in before.runs)}
    assert again == {("train.py", "script")}
    assert kept == {("other.py", "script"), ("helper.py", "function"), ("train.py", "function")}


def test_a_text_that_is_no_python_is_told_by_its_own_line(tmp_path: Path) -> None:
    folder = Folder(str(tmp_path), registry_for)
    folder.lint(opened(tmp_path, {"train.py": SCRIPT}), silent)
    broken = SCRIPT.replace("    model = Net()\n", "    model = Net(\n")
    (problem,) = folder.lint(opened(tmp_path, {"train.py": broken}), silent).problems
    assert problem.endswith("train.py:19:5: can't be parsed: unexpected for")
    assert broken.splitlines()[18].startswith("    for ")
