"""The trace that is read off a script and the one that its run leaves are the same, in the rounds that both write down."""

from __future__ import annotations

import shutil
import sys
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import torch
from tracing import SETUP, walk_modules

from trainlint.facts import lower, source_from_text
from trainlint.runtime.record import Script, record
from trainlint.trace.events import (
    Backward,
    Clip,
    Event,
    Forward,
    Loop,
    LoopKind,
    LossComputed,
    ModeSwitch,
    OptimizerStep,
    Saved,
    ScalerUpdate,
    SchedulerStep,
    Unscale,
    ZeroGrad,
)
from trainlint.trace.view import Run

EXAMPLE = Path(__file__).parents[3] / "examples" / "digits"
BOTH_KNOW = (
    Backward,
    Clip,
    Forward,
    LossComputed,
    ModeSwitch,
    OptimizerStep,
    Saved,
    ScalerUpdate,
    SchedulerStep,
    Unscale,
    ZeroGrad,
)
ROUNDS = 2
"""Rounds of a loop that the static trace walks; of a comprehension, one."""

Step = tuple[str, str, int, tuple[int, ...]]  # what, file, line, the rounds of the loops around it

VALIDATION = """
for epoch in range(3):
    model.train()
    for inputs, targets in train_loader:
        optimizer.zero_grad()
        loss = criterion(model(inputs), targets)
        loss.backward()
        optimizer.step()
    model.eval()
    total = 0.0
    with torch.no_grad():
        for inputs, targets in val_loader:
            total += criterion(model(inputs), targets).item()
    print(epoch, total)
torch.save(model.state_dict(), "model.pt")
"""

ACCUMULATION = """
model.train()
for epoch in range(2):
    for number, (inputs, targets) in enumerate(train_loader):
        loss = criterion(model(inputs), targets) / 2
        loss.backward()
        if (number + 1) % 2 == 0:
            optimizer.step()
            optimizer.zero_grad()
"""

SCALER = """
scaler = torch.amp.GradScaler("cpu", enabled=ENABLED)
for epoch in range(2):
    model.train()
    for inputs, targets in train_loader:
        optimizer.zero_grad(set_to_none=True)
        with torch.autocast("cpu", dtype=torch.bfloat16):
            loss = criterion(model(inputs), targets)
        scaler.scale(loss).backward()
        scaler.unscale_(optimizer)
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        scaler.step(optimizer)
        scaler.update()
"""

ADVERSARIES = """
generator = nn.Sequential(nn.Linear(4, 16), nn.ReLU(), nn.Linear(16, 8))
critic = nn.Sequential(nn.Linear(8, 16), nn.ReLU(), nn.Linear(16, 1))
g_optimizer = torch.optim.Adam(generator.parameters(), lr=1e-3)
c_optimizer = torch.optim.Adam(critic.parameters(), lr=1e-3)
bce = nn.BCEWithLogitsLoss()
for epoch in range(2):
    for real, _ in train_loader:
        fake = generator(torch.randn(len(real), 4))
        c_optimizer.zero_grad()
        real_loss = bce(critic(real), torch.ones(len(real), 1))
        real_loss.backward()
        fake_loss = bce(critic(fake.detach()), torch.zeros(len(real), 1))
        fake_loss.backward()
        c_optimizer.step()
        g_optimizer.zero_grad()
        loss = bce(critic(fake), torch.ones(len(real), 1))
        loss.backward()
        g_optimizer.step()
"""

SCHEDULE = """
scheduler = torch.optim.lr_scheduler.OneCycleLR(optimizer, 0.1, epochs=3, steps_per_epoch=len(train_loader))


def train_epoch(model, loader):
    model.train()
    for inputs, targets in loader:
        loss = nn.functional.cross_entropy(model(inputs), targets)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        scheduler.step()


def evaluate(model, loader):
    model.eval()
    with torch.inference_mode():
        return sum((model(inputs).argmax(1) == targets).sum().item() for inputs, targets in loader)


best = -1
for epoch in range(3):
    train_epoch(model, train_loader)
    score = evaluate(model, val_loader)
    state = {"model": model.state_dict(), "optimizer": optimizer.state_dict(), "epoch": epoch}
    torch.save(state, "last.pt")
    if score > best:
        best = score
        torch.save(model.state_dict(), "best.pt")
"""

PHASES = """
class Trainer:
    def __init__(self, model, loaders):
        self.model, self.loaders = model, loaders
        self.optimizer = torch.optim.SGD(model.parameters(), lr=0.1, momentum=0.9)
        self.scheduler = torch.optim.lr_scheduler.StepLR(self.optimizer, 1)

    def fit(self, epochs):
        for epoch in range(epochs):
            for phase in ["train", "val"]:
                self.run(phase)
            self.scheduler.step()
            self.save(f"epoch{epoch}.pt")

    def run(self, phase):
        self.model.train(phase == "train")
        for inputs, targets in self.loaders[phase]:
            with torch.set_grad_enabled(phase == "train"):
                loss = criterion(self.model(inputs), targets)
            if phase == "train":
                self.optimizer.zero_grad()
                loss.backward()
                self.optimizer.step()

    def save(self, path):
        torch.save(self.model.state_dict(), path)


def main():
    trainer = Trainer(model, {"train": train_loader, "val": val_loader})
    trainer.fit(2)


if __name__ == "__main__":
    main()
"""

# What the static trace holds and this run does not: the name and line of each, and why.
BY_NATURE: dict[str, dict[str, str]] = {
    "accumulation": {
        "optimizer.step()": "walked in the first round, taken in the second",
        "optimizer.zero_grad()": "walked in the first round, taken in the second",
    },
    "schedule": {'torch.save(model.state_dict(), "best.pt")': "the score need not be better in the second round"},
}
SCRIPTS = {
    "validation": VALIDATION,
    "accumulation": ACCUMULATION,
    "scaler-enabled": SCALER.replace("ENABLED", "True"),
    "scaler-disabled": SCALER.replace("ENABLED", "False"),
    "adversaries": ADVERSARIES,
    "schedule": SCHEDULE,
    "phases": PHASES,
}


@pytest.fixture
def run_here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., Run]]:
    """Record ``train.py`` of the test's folder in this process, and leave the process as it was."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "argv", sys.argv)
    monkeypatch.setattr(sys, "path", [*sys.path])
    monkeypatch.setitem(sys.modules, "__main__", sys.modules["__main__"])
    generator = torch.get_rng_state()

    def run(*arguments: str) -> Run:
        torch.manual_seed(0)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # the example's mistakes are warned about, by torch too
            recording = record(Script("train.py", arguments))
        assert recording.ending.status == 0
        assert recording.run.complete
        return recording.run

    yield run
    torch.set_rng_state(generator)


def walked(texts: dict[str, str]) -> Run:
    """The static trace of ``train.py``."""
    return walk_modules({path: lower(source_from_text(path, text)) for path, text in texts.items()}, texts).run()


def steps(run: Run, texts: dict[str, str]) -> list[Step]:
    """The events that both traces know, in order, of the first rounds of all loops."""
    return [
        (_what(event), event.place.path, _row(texts[event.place.path], event.place.start), rounds)
        for event in sorted(run.events, key=lambda event: event.order)
        if isinstance(event, BOTH_KNOW)
        and not (isinstance(event, Saved) and event.how == "state_dict")  # kept in memory; read off where it is written
        and all(frame.round < _walked_rounds(frame.loop) for frame in event.frames)
        for rounds in [tuple(frame.round for frame in event.frames)]
    ]


def _walked_rounds(loop: Loop) -> int:
    return 1 if loop.kind is LoopKind.COMPREHENSION else ROUNDS


def _what(event: Event) -> str:
    detail = event.mode if isinstance(event, ModeSwitch) else event.how if isinstance(event, Saved) else ""
    return f"{type(event).__name__} {detail}".strip()


def _row(text: str, offset: int) -> int:
    return text.count("\n", 0, offset) + 1


@pytest.mark.parametrize("name", SCRIPTS)
def test_a_run_leaves_the_trace_that_was_read_off(name: str, tmp_path: Path, run_here: Callable[..., Run]) -> None:
    texts = {"train.py": SETUP + SCRIPTS[name]}
    (tmp_path / "train.py").write_text(texts["train.py"])
    static, recorded = steps(walked(texts), texts), steps(run_here(), texts)
    lines = texts["train.py"].splitlines()
    excused = BY_NATURE.get(name, {})
    here = set(recorded)
    assert [step for step in static if step in here or lines[step[2] - 1].strip() not in excused] == recorded
    assert {lines[step[2] - 1].strip() for step in static if step not in here} <= set(excused)


def test_the_example_leaves_the_trace_that_was_read_off(
    tmp_path: Path, run_here: Callable[..., Run], monkeypatch: pytest.MonkeyPatch
) -> None:
    for path in EXAMPLE.glob("*.py"):
        shutil.copy(path, tmp_path)
    data = tmp_path / "data.py"
    data.write_text(data.read_text().replace("batch_size=256", "batch_size=64"))  # two rounds of the test loader
    texts = {path.name: path.read_text() for path in tmp_path.glob("*.py")}
    recorded = steps(run_here("--epochs", "2"), texts)
    for module in ("data", "model"):
        monkeypatch.delitem(sys.modules, module)
    assert steps(walked(texts), texts) == recorded
    happened = {what.split()[0] for what, *_ in recorded}
    assert {"Backward", "OptimizerStep", "ModeSwitch", "Saved"} <= happened
