"""The trace as a tree for people."""

from __future__ import annotations

import re

import pytest
from tracing import SETUP, Walk, walk

from trainlint.trace import render
from trainlint.trace.interpreter.machine import Budget, Machine

SMALL = Budget(100, 200, 28)
PROGRAM = """
    import argparse

    parser = argparse.ArgumentParser()
    parser.add_argument("--clip", type=float, default=None)
    args = parser.parse_args()
    for epoch in range(3):
        model.train()
        for x, y in train_loader:
            optimizer.zero_grad()
            loss = criterion(model(x), y)
            loss.backward()
            if args.clip:
                nn.utils.clip_grad_norm_(model.parameters(), args.clip)
            optimizer.step()
        model.eval()
        with torch.no_grad():
            val_loss = sum(criterion(model(x), y).item() for x, y in val_loader)
        if val_loss < 0.5:
            torch.save(model.state_dict(), "best.pt")
"""


def tree(walked: Walk) -> list[str]:
    return render(walked.trace, color=False).splitlines()


def line_number(walked: Walk, fragment: str, path: str = "train.py") -> int:
    """The number of the only line that begins so."""
    (number,) = [
        number for number, line in enumerate(walked.texts[path].splitlines(), 1) if line.strip().startswith(fragment)
    ]
    return number


def test_the_tree_of_a_script() -> None:
    walked = walk(PROGRAM, setup=SETUP)
    first = line_number(walked, "for epoch")
    shown = tree(walked)
    assert shown[0] == "train.py"
    start = next(number for number, line in enumerate(shown) if line.startswith("  for epoch"))
    assert shown[start:] == [
        f"  for epoch, 3 rounds · training: the epoch loop  line {first}",
        f"    model (Sequential) goes to train mode  line {first + 1}",
        f"    for x, y · train data train_set  line {first + 2}",
        f"      gradients of optimizer (SGD) are zeroed  line {first + 3}",
        f"      model (Sequential) is applied (train mode, gradients on) on train data train_set  line {first + 4}",
        f"      loss cross entropy is computed on train data train_set  line {first + 4}",
        f"      backward on train data train_set  line {first + 5}",
        f"      optimizer (SGD) steps  line {first + 8}",
        f"      gradients are clipped  line {first + 7}  if args.clip [not by default]",
        f"    model (Sequential) goes to eval mode  line {first + 9}",
        f"    model (Sequential) is applied (eval mode, gradients off) on validation data val_set  line {first + 11}",
        f"    loss cross entropy is computed on validation data val_set  line {first + 11}",
        f"    a number is taken out of what was computed on validation data val_set  line {first + 11}",
        f"    saved: state  line {first + 13}  if val_loss < 0.5",
    ]


def test_what_is_made_is_told_with_its_settings() -> None:
    walked = walk(PROGRAM, setup=SETUP)
    shown = "\n".join(tree(walked))
    assert "optimizer optimizer (SGD) is made with lr=0.1, momentum=0.9" in shown
    assert "loader train_loader (DataLoader) is made with batch_size=8, shuffle=True: train data" in shown
    assert "random split into train_set" in shown


def test_colours_change_nothing_but_the_colour() -> None:
    walked = walk(PROGRAM, setup=SETUP)
    coloured = render(walked.trace, color=True)
    assert "\033[32mtrain data train_set\033[0m" in coloured
    assert "\033[36mvalidation data val_set\033[0m" in coloured
    assert re.sub(r"\033\[[\d;]*m", "", coloured) == render(walked.trace, color=False)


def test_other_files_are_named() -> None:
    walked = walk(
        {
            "train.py": "from engine import step\n"
            + SETUP
            + "for epoch in range(3):\n    for batch in train_loader:\n        step(model, batch, optimizer)\n",
            "engine.py": """
                from torch.nn.functional import cross_entropy

                def step(model, batch, optimizer):
                    optimizer.zero_grad()
                    cross_entropy(model(batch[0]), batch[1]).backward()
                    optimizer.step()
            """,
        }
    )
    assert "      gradients of optimizer (SGD) are zeroed  engine.py line 5" in tree(walked)


def test_a_function_that_nothing_calls_is_told_as_such() -> None:
    walked = walk(
        """
        def fit(model, train_loader, optimizer, criterion):
            for epoch in range(3):
                for x, y in train_loader:
                    optimizer.zero_grad()
                    criterion(model(x), y).backward()
                    optimizer.step()
        """
    )
    title, *rest = tree(walked)
    assert title == "train.py  function at line 2, which nothing calls"
    assert rest[0] == "  for epoch, 3 rounds · training: the epoch loop  line 3"


def test_handlers_and_the_other_side_of_a_condition() -> None:
    walked = walk(
        """
        try:
            model.load_state_dict(torch.load("last.pt"))
        except FileNotFoundError:
            model.eval()
        if torch.cuda.is_available():
            model.train()
        else:
            model.eval()
        """,
        setup=SETUP,
    )
    shown = tree(walked)
    first = line_number(walked, "try:")
    assert f"  model (Sequential) goes to eval mode  line {first + 3}  if an exception was raised" in shown
    assert f"  model (Sequential) goes to eval mode  line {first + 7}  if not (torch.cuda.is_available())" in shown


@pytest.mark.parametrize("program", ["", "print('hello')\n", "def add(a, b):\n    return a + b\n"])
def test_nothing_to_show_is_said(program: str) -> None:
    assert render(walk(program).trace, color=False) == "no training, evaluation or model found\n"


def test_a_run_that_is_too_large_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Machine, "budget", property(lambda machine: SMALL, lambda machine, value: None), raising=False)
    walked = walk(
        "x = 0\n" + "x = x + 1\n" * 300 + "loss = criterion(model(torch.ones(2, 8)), torch.zeros(2).long())\n",
        setup=SETUP,
    )
    shown = tree(walked)
    assert shown[1] == "  too large to be walked to its end: nothing is said of what may come later"
    assert not any("is computed" in line for line in shown[2:])


def test_a_schedule_is_stepped_to_an_epoch_or_by_a_metric() -> None:
    schedules = "slow = torch.optim.lr_scheduler.StepLR(optimizer, 5)\nplateau = torch.optim.lr_scheduler.ReduceLROnPlateau(optimizer)"
    shown = tree(
        walk(
            f"""
{schedules}
for epoch in range(3):
    for number, (x, y) in enumerate(train_loader):
        loss = criterion(model(x), y)
        loss.backward()
        optimizer.step()
    slow.step(epoch + 1)
    plateau.step(loss.item() / (number + 1))
""",
            setup=SETUP,
        )
    )
    steps = [line.partition("  line")[0].strip() for line in shown if " steps " in line and "optimizer" not in line]
    assert steps == ["slow (StepLR) steps to an epoch", "plateau (ReduceLROnPlateau) steps by a metric"]
