"""Runs of many rounds, of which few are written down: what is written must not look like a mistake, nor hide one."""

from __future__ import annotations

import pytest
from running import Ran, Runner

START = """\
import torch
from torch import nn

torch.manual_seed(0)
model = nn.Sequential(nn.Linear(8, 32), nn.Dropout(0.1), nn.ReLU(), nn.Linear(32, 1))
optimizer = torch.optim.AdamW(model.parameters(), lr=1e-3)
scheduler = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, 120)


def batch():
    x = torch.randn(16, 8)
    return x, x.sum(1, keepdim=True)


@torch.no_grad()
def evaluate():
    model.eval()
    losses = []
    for _ in range(3):
        x, y = batch()
        losses.append(nn.functional.mse_loss(model(x), y).item())
    RESTORE
    return sum(losses) / 3


"""

MICRO_BATCHES = """\
step = 0
while True:
    if step % 40 == 0:
        evaluate()
        torch.save(model.state_dict(), "model.pt")
    for micro_step in range(2):
        x, y = batch()
        loss = nn.functional.mse_loss(model(x), y) / 2
        loss.backward()
    nn.utils.clip_grad_norm_(model.parameters(), 1.0)
    optimizer.step()
    scheduler.step()
    optimizer.zero_grad(set_to_none=True)
    step += 1
    if step >= 120:
        break
"""

LATE_EVALUATION = """\
model.train()
for step in range(1, 121):
    x, y = batch()
    loss = nn.functional.mse_loss(model(x), y)
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    scheduler.step()
    if step % 50 == 0:
        print(step, evaluate())
        torch.save(model.state_dict(), "model.pt")
"""

RESTORED, FORGOTTEN = START.replace("RESTORE", "model.train()"), START.replace("    RESTORE\n", "")
SCRIPTS = {
    "micro-batches": RESTORED + MICRO_BATCHES,
    "late": RESTORED + LATE_EVALUATION,
    "late-forgotten": FORGOTTEN + LATE_EVALUATION,
}


@pytest.fixture(scope="module")
def ran(runner: Runner, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Ran]:
    return runner.scripts(tmp_path_factory.mktemp("long"), SCRIPTS)


@pytest.mark.parametrize("script", ["micro-batches", "late"])
def test_nothing_is_said_of_healthy_ones(script: str, ran: dict[str, Ran]) -> None:
    assert (ran[script].found["steps"], ran[script].traced, ran[script].watched) == (120, [], [])


def test_a_mistake_in_a_late_round_is_found(ran: dict[str, Ran]) -> None:
    rows = dict(enumerate(SCRIPTS["late-forgotten"].splitlines(), 1))
    assert [(code, rows[row].strip()) for code, row in ran["late-forgotten"].traced] == [("TL505", "model.eval()")]
