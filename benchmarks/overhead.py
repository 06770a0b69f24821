"""What the monitor costs: ``python -m benchmarks.overhead [--steps N] [mlp|cnn|gpt ...]``.

The same training with and without the monitor, at its default cadence, take turns of a few steps in one process, so that
load on the machine falls on both alike. Process time is compared, since the monitor waits for nothing.
"""

from __future__ import annotations

import argparse
import statistics
import time
from collections.abc import Callable

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from trainlint.runtime import TrainingMonitor

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


class Training:
    """One training that can be continued for some steps at a time."""

    def __init__(self, build: Callable[[], Problem], watch: bool) -> None:
        torch.manual_seed(0)
        self.model, self.inputs, self.targets = build()
        self.optimizer = torch.optim.AdamW(self.model.parameters(), lr=1e-4)
        self.criterion = nn.CrossEntropyLoss()
        self.monitor = TrainingMonitor(self.model, self.optimizer, criterion=self.criterion) if watch else None
        if self.monitor is not None:
            self.monitor.attach()

    def run(self, steps: int) -> float:
        """Process seconds of ``steps`` steps."""
        start = time.process_time()
        for _ in range(steps):
            self.optimizer.zero_grad()
            loss = self.criterion(self.model(self.inputs), self.targets)
            loss.backward()
            self.optimizer.step()
            if self.monitor is not None:
                self.monitor.step(loss)
        return time.process_time() - start


def measure(name: str, steps: int) -> None:
    """Print the overhead of a run, from its first step on."""
    build, default = PROBLEMS[name]
    trainings = [Training(build, watch=False), Training(build, watch=True)]
    count = (steps or default) // TURN
    seconds: list[list[float]] = [[], []]
    for turn in range(count):
        for which in (0, 1) if turn % 2 else (1, 0):
            seconds[which].append(trainings[which].run(TURN))
    plain, watched = map(sum, seconds)
    monitor = trainings[1].monitor
    size = sum(parameter.numel() for parameter in trainings[0].model.parameters())
    print(
        f"{name}: {size / 1e6:.2f} M parameters, {count * TURN} steps of {1e3 * plain / count / TURN:.2f} ms; "
        f"overhead {watched / plain - 1:+.2%} in the whole run, {typical(*seconds):+.2%} in a step without measurement; "
        f"{monitor.gradients.measurements if monitor else 0} measurements"
    )


def typical(plain: list[float], watched: list[float]) -> float:
    """The median over the turns, most of which hold no measurement."""
    return statistics.median(b / a for a, b in zip(plain, watched, strict=True)) - 1


def main() -> None:
    """Measure the named networks, or all."""
    parser = argparse.ArgumentParser()
    parser.add_argument("names", nargs="*", choices=[*PROBLEMS, []])
    parser.add_argument("--steps", type=int, default=0)
    options = parser.parse_args()
    torch.set_num_threads(1)
    for name in options.names or PROBLEMS:
        measure(name, options.steps)


if __name__ == "__main__":
    main()
