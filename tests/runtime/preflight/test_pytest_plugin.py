"""The fixture, in a test suite of somebody else's."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from torch import nn

from trainlint.runtime.pytest_plugin import Preflight

SUITE = """
import torch
from functools import partial
from torch import nn

torch.manual_seed(0)
rows, labels = torch.randn(40, 6), torch.arange(40) % 3
net = lambda *last: nn.Sequential(nn.Linear(6, 16), nn.Tanh(), nn.Linear(16, 3), *last)
loss, adam = nn.CrossEntropyLoss(), partial(torch.optim.Adam, lr=0.03)


def test_healthy(preflight):
    preflight.gradients(net(), rows[:4], labels[:4], loss)
    preflight.initial_loss(net(), rows, labels, loss)
    preflight.overfit(net(), rows, labels, loss, adam)


def test_twice(preflight):
    preflight.initial_loss(net(nn.Softmax(1)), rows, labels, loss)


def test_unscaled(preflight):
    report = preflight.model(net(), rows * 1000, labels)
    assert report.causes == ("unscaled-input",)


def test_more(preflight):
    model = net()
    preflight.schedule(lambda optimizer: torch.optim.lr_scheduler.StepLR(optimizer, 3), epochs=9)
    preflight.splits({"train": list(zip(rows[:30], labels)), "val": list(zip(rows[30:], labels))})
    preflight.learning_rate(model, [(rows, labels)], loss, steps=60)
"""


def test_checks_pass_and_fail_with_the_report(tmp_path: Path) -> None:
    (tmp_path / "test_suite.py").write_text(SUITE)
    command = [
        sys.executable,
        "-m",
        "pytest",
        "-q",
        "-p",
        "trainlint.runtime.pytest_plugin",
        "--rootdir",
        str(tmp_path),
    ]
    environment = {**os.environ, "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1", "PYTHONPATH": str(Path.cwd())}
    done = subprocess.run([*command, str(tmp_path)], cwd=tmp_path, capture_output=True, text=True, env=environment)
    assert "1 failed, 3 passed" in done.stdout
    assert "FAILED test_suite.py::test_twice" in done.stdout
    assert "FAIL  output and loss [TL601]" in done.stdout


def test_warnings_are_shown_with_the_test_and_fail_on_request(request: pytest.FixtureRequest) -> None:
    inputs = torch.ones(4, 3) * 1000
    report = Preflight(request.node, strict=False).model(nn.Linear(3, 2), inputs)
    assert report.causes == ("unscaled-input",)
    shown = request.node._report_sections
    assert shown.pop() == ("call", "trainlint check_model", str(report))
    with pytest.raises(AssertionError, match="input scale"):
        Preflight(request.node, strict=True).model(nn.Linear(3, 2), inputs)
    shown.pop()
