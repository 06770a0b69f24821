"""How scripts end under ``trainlint run``, and whether what they left out counts as left out."""

from __future__ import annotations

import pytest
from running import Ran, Runner

TRAINING = """\
import sys

import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

torch.manual_seed(0)
x = torch.randn(256, 4)
loader = DataLoader(TensorDataset(x, x.sum(1, keepdim=True)), batch_size=32, shuffle=True)
model = nn.Sequential(nn.Linear(4, 16), nn.ReLU(), nn.Linear(16, 1))
optimizer = torch.optim.AdamW(model.parameters(), lr=1e-3)


def epoch(number):
    for inputs, targets in loader:
        loss = nn.functional.mse_loss(model(inputs), targets)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    return loss.item()


def check(loss):
    if loss > 0:
        sys.exit(3)


def main():
    for number in range(6):
        last = epoch(number){within}
    print(last, sys.argv[1:], __name__)
    {after}


{call}
"""


def training(*, within: str = "", after: str = "return 3", call: str = "main()") -> str:
    return TRAINING.format(within=within and f"\n        {within}", after=after, call=call)


SCRIPTS = {
    "returns": training(),
    "status-returned": training(call="sys.exit(main())"),
    "exit-after-the-loop": training(after="check(last)"),
    "exit-with-words": training(after='sys.exit("not good enough")'),
    "exit-in-the-loop": training(within="check(last)"),
    "success-in-the-loop": training(within="sys.exit()"),
    "exception-after-the-loop": training(after="return 1 / 0"),
    "interrupted": training(within="raise KeyboardInterrupt"),
    "untrained": "print('only asking')\n",
    "own-hook": training(after="return 1 / 0", call="sys.excepthook = lambda *_: print('own hook')\nmain()"),
}


@pytest.fixture(scope="module")
def ran(runner: Runner, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Ran]:
    return runner.scripts(tmp_path_factory.mktemp("endings"), SCRIPTS, "--json", "x")


@pytest.mark.parametrize(
    ("script", "status", "complete"),
    [
        ("returns", 0, True),
        ("status-returned", 3, True),
        ("exit-after-the-loop", 3, True),
        ("exit-with-words", 1, True),
        ("exit-in-the-loop", 3, False),
        ("success-in-the-loop", 0, False),
        ("exception-after-the-loop", 1, False),
        ("interrupted", 130, False),
    ],
)
def test_what_is_missing_is_told_of_trainings_that_ended(
    script: str, status: int, complete: bool, ran: dict[str, Ran]
) -> None:
    one = ran[script]
    assert (one.status, one.found["exit_status"], one.found["complete"]) == (status, status, complete)
    assert ("TL901" in dict(one.traced)) is complete


def test_a_script_without_a_training_is_said_to_have_none(ran: dict[str, Ran]) -> None:
    found = ran["untrained"].found
    assert (found["findings"], found["notes"]) == ([], ["no optimizer step was seen"])


def test_output_and_arguments_are_the_scripts_own(ran: dict[str, Ran]) -> None:
    assert ran["returns"].output.partition(" ")[2] == "['--json', 'x'] __main__\n"


def test_an_uncaught_exception_shows_the_scripts_frames_alone(ran: dict[str, Ran]) -> None:
    shown = ran["exception-after-the-loop"].errors
    assert "ZeroDivisionError" in shown
    assert "in main" in shown
    assert "record" not in shown.partition("trainlint run:")[0]


def test_the_words_of_an_exit_are_printed(ran: dict[str, Ran]) -> None:
    assert ran["exit-with-words"].errors.startswith("not good enough\n")


def test_the_scripts_own_hook_shows_its_exception(ran: dict[str, Ran]) -> None:
    assert ran["own-hook"].output.endswith("own hook\n")
    assert "Traceback" not in ran["own-hook"].errors
