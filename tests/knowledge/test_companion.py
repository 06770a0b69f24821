"""Using the companion silences the rules whose pages recommend it."""

from __future__ import annotations

import importlib
from pathlib import Path

import pytest

from trainlint.cli.main import main
from trainlint.knowledge.companion import TABLE
from trainlint.knowledge.watching import WATCHES

SCRIPT = """
import torch
from torch import nn
from torch.utils.data import DataLoader, random_split
from torchvision.datasets import CIFAR10
from trainlint.runtime import Checkpointer, LossMonitor, schedules, split_dataset

data = CIFAR10("data", train=True)
train_set, val_set = {split}
model = nn.Linear(10, 2)
optimizer = torch.optim.SGD(model.parameters(), lr=0.1, momentum=0.9)
{schedule}
criterion = nn.CrossEntropyLoss()
monitor = LossMonitor()
checkpointer = Checkpointer("runs", model=model, optimizer=optimizer)
for epoch in range(10):
    model.train()
    for x, y in DataLoader(train_set, batch_size=32, shuffle=True):
        optimizer.zero_grad()
        loss = criterion(model(x), y)
        loss.backward()
        optimizer.step()
        {watch}
    {step}
    model.eval()
    with torch.no_grad():
        for x, y in DataLoader(val_set, batch_size=32):
            val_loss = criterion(model(x), y).item()
    {save}
"""
WITH = {
    "split": "split_dataset(data, [0.9, 0.1], seed=0)",
    "schedule": "scheduler = schedules.step(optimizer, 3)",
    "watch": "monitor.update(loss)",
    "step": "scheduler.step()",
    "save": "checkpointer.save(epoch=epoch, step=epoch)",
}
WITHOUT = {
    "TL109": {"split": "random_split(data, [0.9, 0.1])"},
    "TL701": {"schedule": "pass", "step": "pass"},
    "TL801": {"watch": "pass"},
    "TL901": {"save": "pass"},
}


def resolved(dotted: str) -> object:
    """What a dotted name stands for, with the modules on the way imported."""
    first, *rest = dotted.split(".")
    path, found = first, importlib.import_module(first)
    for name in rest:
        path = f"{path}.{name}"
        found = getattr(found, name, None) or importlib.import_module(path)
    return found


def checked(folder: Path, capsys: pytest.CaptureFixture[str], **parts: str) -> str:
    script = folder / "train.py"
    script.write_text(SCRIPT.format(**{**WITH, **parts}), encoding="utf-8")
    main(["check", str(script)])
    return capsys.readouterr().out


def test_a_script_that_uses_the_companion_is_clean(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert "No mistakes found" in checked(tmp_path, capsys)


@pytest.mark.parametrize("code", WITHOUT)
def test_without_it_the_rule_speaks(code: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert code in checked(tmp_path, capsys, **WITHOUT[code])


@pytest.mark.parametrize("dotted", [name for name in {**TABLE, **WATCHES} if name.startswith("trainlint.")])
def test_every_name_of_the_tables_exists(dotted: str) -> None:
    assert resolved(dotted) is not None
