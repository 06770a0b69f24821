"""What the monitor costs: ``python -m benchmarks.overhead [--run] [--steps N] [mlp|cnn|gpt ...]``.

The same training with and without the monitor, at its default cadence, take turns of a few steps in one process, so that
load on the machine falls on both alike. Process time is compared, since the monitor waits for nothing. ``--run`` compares
with a training under all that ``trainlint run`` puts in place, which is taken off for the other one's turns.
"""

from __future__ import annotations

import argparse
import runpy
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from trainlint.runtime import TrainingMonitor
from trainlint.runtime.record.numbers import Numbers
from trainlint.runtime.record.recorder import Recorder
from trainlint.runtime.record.wrappers import Wrappers

Problem = tuple[nn.Module, Tensor, Tensor]

TURN = 5
"""Steps before the other training has its turn."""


def mlp() -> Problem:
    """0.27 million parameters, batches of 128."""
    network = nn.Sequential(nn.Linear(784, 256), nn.ReLU(), nn.Linear(256, 256), nn.ReLU(), nn.Linear(256, 10))
    return network, torch.randn(128, 784), torch.randint(0, 10, (128,))


class Block(nn.Module):
    """A residual block."""

    def __init__(self, before: int, after: int, stride: int) -> None:
        super().__init__()
        self.first = nn.Conv2d(before, after, 3, stride, 1, bias=False)
        self.second = nn.Conv2d(after, after, 3, 1, 1, bias=False)
        self.norms = nn.ModuleList([nn.BatchNorm2d(after), nn.BatchNorm2d(after)])
        self.skip = nn.Conv2d(before, after, 1, stride, bias=False) if before != after else nn.Identity()

    def forward(self, inputs: Tensor) -> Tensor:
        hidden = F.relu(self.norms[0](self.first(inputs)))
        return F.relu(self.skip(inputs) + self.norms[1](self.second(hidden)))


def cnn() -> Problem:
    """A ResNet-18 for small images, 11 million parameters, batches of 8."""
    widths = [64, 64, 64, 128, 128, 256, 256, 512, 512]
    blocks = [Block(a, b, 1 if a == b else 2) for a, b in zip(widths, widths[1:], strict=False)]
    stem = [nn.Conv2d(3, 64, 3, 1, 1, bias=False), nn.BatchNorm2d(64), nn.ReLU()]
    network = nn.Sequential(*stem, *blocks, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(512, 10))
    return network, torch.randn(8, 3, 32, 32), torch.randint(0, 10, (8,))


class Gpt(nn.Module):
    """A decoder over 64 tokens."""

    def __init__(self) -> None:
        super().__init__()
        width = 256
        self.tokens, self.places = nn.Embedding(256, width), nn.Embedding(64, width)
        layer = nn.TransformerEncoderLayer(width, 8, 4 * width, 0.0, F.gelu, batch_first=True, norm_first=True)
        self.layers = nn.TransformerEncoder(layer, 6, enable_nested_tensor=False)
        self.head = nn.Linear(width, 256, bias=False)
        self.register_buffer("mask", nn.Transformer.generate_square_subsequent_mask(64))

    def forward(self, tokens: Tensor) -> Tensor:
        hidden = self.tokens(tokens) + self.places.weight
        output: Tensor = self.head(self.layers(hidden, mask=self.mask, is_causal=True)).transpose(1, 2)
        return output


def gpt() -> Problem:
    """4.9 million parameters, batches of 8 sequences."""
    tokens = torch.randint(0, 256, (8, 65))
    return Gpt(), tokens[:, :-1], tokens[:, 1:]


PROBLEMS: dict[str, tuple[Callable[[], Problem], int]] = {"mlp": (mlp, 2000), "cnn": (cnn, 100), "gpt": (gpt, 150)}


SCRIPT = """
def train(model, optimizer, criterion, inputs, targets, turn, report):
    step = 0
    while True:
        optimizer.zero_grad()
        loss = criterion(model(inputs), targets)
        loss.backward()
        optimizer.step()
        if report is not None:
            report(loss)
        step += 1
        if step % turn == 0:
            yield
"""


class Training:
    """One training that can be continued for some steps at a time."""

    def __init__(self, build: Callable[[], Problem], folder: Path, *, watch: bool, record: bool = False) -> None:
        torch.manual_seed(0)
        self.model, self.inputs, self.targets = build()
        self.optimizer = torch.optim.AdamW(self.model.parameters(), lr=1e-4)
        self.criterion = nn.CrossEntropyLoss()
        self.monitor = TrainingMonitor(self.model, self.optimizer, criterion=self.criterion) if watch else None
        if self.monitor is not None:
            self.monitor.attach()
        report = None if self.monitor is None else self.monitor.step
        self.recorder = Recorder(str(folder)) if record else None
        if self.recorder is not None:
            self.numbers, self.wrappers = Numbers(self.recorder), Wrappers(self.recorder)
        loop = runpy.run_path(str(folder / "train.py"))["train"]
        given = self.model, self.optimizer, self.criterion, self.inputs, self.targets
        self._turns = loop(*given, TURN, report)

    def turn(self) -> float:
        """Process seconds of :data:`TURN` steps."""
        if self.recorder is not None:
            self.wrappers.attach()
        start = time.process_time()
        next(self._turns)
        seconds = time.process_time() - start
        if self.recorder is not None:
            self.wrappers.remove()
        return seconds

    def seen(self) -> str:
        """What came of the watching."""
        if self.recorder is not None:
            return self.recorder.problem or f"{len(self.recorder.events)} events recorded"
        return f"{self.monitor.gradients.measurements if self.monitor else 0} measurements"


def measure(name: str, steps: int, record: bool) -> None:
    """Print the overhead of a run, from its first step on."""
    build, default = PROBLEMS[name]
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "train.py").write_text(SCRIPT)
        plain = Training(build, Path(folder), watch=False)
        watched = Training(build, Path(folder), watch=not record, record=record)
        count = (steps or default) // TURN
        seconds: list[list[float]] = [[], []]
        for turn in range(count):
            for which in (0, 1) if turn % 2 else (1, 0):
                seconds[which].append((plain, watched)[which].turn())
    before, after = map(sum, seconds)
    size = sum(parameter.numel() for parameter in plain.model.parameters())
    print(
        f"{name}: {size / 1e6:.2f} M parameters, {count * TURN} steps of {1e3 * before / count / TURN:.2f} ms; "
        f"overhead {after / before - 1:+.2%} in the whole run, {typical(*seconds):+.2%} in a step without measurement; "
        f"{watched.seen()}"
    )


def typical(plain: list[float], watched: list[float]) -> float:
    """The median over the turns, most of which hold no measurement."""
    return statistics.median(b / a for a, b in zip(plain, watched, strict=True)) - 1


def main() -> None:
    """Measure the named networks, or all."""
    parser = argparse.ArgumentParser()
    parser.add_argument("names", nargs="*", choices=[*PROBLEMS, []])
    parser.add_argument("--steps", type=int, default=0)
    parser.add_argument("--run", action="store_true", help="measure `trainlint run` instead of the monitor alone")
    options = parser.parse_args()
    torch.set_num_threads(1)
    for name in options.names or PROBLEMS:
        measure(name, options.steps, options.run)


if __name__ == "__main__":
    main()
