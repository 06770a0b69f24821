"""Scripts that do what scripts do to a process: the run goes on, tells what it saw, and ends as the script would."""

from __future__ import annotations

import pytest
from running import Ran, Runner

TRAINING = """\
import argparse
import os
import signal
import sys
import threading

import torch
from torch import nn
from torch.utils.data import DataLoader, Dataset


class Sums(Dataset):
    def __init__(self, count):
        self.x = torch.randn(count, 4, generator=torch.Generator().manual_seed(0))

    def __len__(self):
        return len(self.x)

    def __getitem__(self, index):
        return self.x[index], self.x[index].sum(0, keepdim=True)


class Momentum(torch.optim.Optimizer):
    def __init__(self, params, lr=1e-2):
        super().__init__(params, {"lr": lr})

    @torch.no_grad()
    def step(self, closure=None):
        for group in self.param_groups:
            for p in group["params"]:
                buffer = self.state[p].setdefault("buffer", torch.zeros_like(p))
                p.sub_(buffer.mul_(0.9).add_(p.grad), alpha=group["lr"])


def train(workers=0, context=None, epochs=3):
    torch.manual_seed(0)
    model = nn.Sequential(nn.Linear(4, 16), nn.ReLU(), nn.Linear(16, 1))
    optimizer = Momentum(model.parameters())
    loader = DataLoader(Sums(96), batch_size=16, num_workers=workers, multiprocessing_context=context)
    for epoch in range(epochs):
        for inputs, targets in loader:
            loss = nn.functional.mse_loss(model(inputs), targets)
            loss.backward()  # never zeroed
            optimizer.step()
    torch.save(model.state_dict(), "model.pt")
    return loss.item()


"""

SCRIPTS = {
    "workers-forked": "train(workers=2)",
    "workers-spawned": "if __name__ == '__main__':\n    train(workers=1, context='spawn', epochs=2)",
    "another-folder": "os.makedirs('elsewhere', exist_ok=True)\nos.chdir('elsewhere')\ntrain()",
    "folder-removed": "os.makedirs('gone')\nos.chdir('gone')\nos.rmdir('../gone')\ntorch.save = print\ntrain()",
    "signal-handler": (
        "signal.signal(signal.SIGUSR1, lambda *_: sys.exit(7))\ntrain()\nos.kill(os.getpid(), signal.SIGUSR1)\n"
        "signal.pause()"
    ),
    "arguments": (
        "parser = argparse.ArgumentParser()\nparser.add_argument('--epochs', type=int)\n"
        "assert parser.prog == os.path.basename(sys.argv[0]) == 'train.py', parser.prog\n"
        "train(epochs=parser.parse_args(['--epochs', '2']).epochs)"
    ),
    "fork": (
        "child = os.fork()\nif child == 0:\n    train()\n    print('child')\n    sys.exit(5)\n"
        "print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), flush=True)\ntrain()"
    ),
    "thread": "thread = threading.Thread(target=train)\nthread.start()\nthread.join()\ntrain()",
    "streams-closed": "train()\nsys.stdout.close()\nsys.stderr.close()\nsys.exit(4)",
    "streams-gone": "train()\nsys.stdout = sys.stderr = None",
    "streams-replaced": "import io\nsys.stderr = io.StringIO()\nsys.stdout = open(os.devnull, 'w')\ntrain()",
    "limited-recursion": "sys.setrecursionlimit(220)\ntrain()",
    "tracing": "sys.settrace(lambda *_: None)\ntrain()",
    "own-patches": (
        "original = torch.optim.Optimizer.zero_grad\n"
        "torch.optim.Optimizer.zero_grad = lambda self, *a, **k: original(self, *a, **k)\ntrain()"
    ),
    "own-check": (
        "from trainlint.runtime import check_overfit\nx = torch.randn(8, 4)\n"
        "assert check_overfit(nn.Linear(4, 1), x, x.sum(1, keepdim=True), nn.functional.mse_loss)\ntrain()"
    ),
    "end-at-once": "train()\nos._exit(6)",
}
ZEROED_NEVER = [("TL501", 43)]


@pytest.fixture(scope="module")
def ran(runner: Runner, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Ran]:
    texts = {name: f"{TRAINING}{text}\n" for name, text in SCRIPTS.items()}
    return runner.scripts(tmp_path_factory.mktemp("survival"), texts)


@pytest.mark.parametrize("script", [script for script in SCRIPTS if script != "end-at-once"])
def test_the_mistake_is_told_and_the_status_is_the_scripts(script: str, ran: dict[str, Ran]) -> None:
    one = ran[script]
    status = {"signal-handler": 7, "streams-closed": 4}.get(script, 0)
    assert (one.status, one.found["exit_status"]) == (status, status)
    assert [found for found in one.traced if found[0] == "TL501"] == ZEROED_NEVER
    assert not [note for note in one.found["notes"] if "recording ended" in note or "failed" in note]
    assert one.found["steps"] == {"arguments": 12, "workers-spawned": 12}.get(script, 18)
    assert "trainlint run: " in one.errors


def test_a_forked_child_tells_nothing_and_ends_as_it_would(ran: dict[str, Ran]) -> None:
    assert ran["fork"].output == "child\n5\n"
    assert ran["fork"].errors.count("trainlint run: ") == 1


def test_a_process_that_ends_at_once_has_no_report(ran: dict[str, Ran]) -> None:
    assert (ran["end-at-once"].status, ran["end-at-once"].found, ran["end-at-once"].errors) == (6, {}, "")
