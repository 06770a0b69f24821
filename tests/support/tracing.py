"""Small programs, walked: what the tests of the trace assert on."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TypeVar

from trainlint.facts import ir, lower, source_from_bytes, source_from_text
from trainlint.findings import Place
from trainlint.trace import Run, Trace, trace
from trainlint.trace.events import Event
from trainlint.trace.values import Data, Instance, Library, Value, Wrapped
from trainlint.trace.view import Training

EventType = TypeVar("EventType", bound=Event)
SCRIPT = "train.py"

# Data, loaders, a network and its optimizer, under the names that most scripts use.
SETUP = """\
import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset, random_split

data = TensorDataset(torch.randn(64, 8), torch.randint(0, 3, (64,)))
train_set, val_set = random_split(data, [48, 16], generator=torch.Generator().manual_seed(0))
train_loader = DataLoader(train_set, batch_size=8, shuffle=True)
val_loader = DataLoader(val_set, batch_size=8)
model = nn.Sequential(nn.Linear(8, 16), nn.ReLU(), nn.Linear(16, 3))
criterion = nn.CrossEntropyLoss()
optimizer = torch.optim.SGD(model.parameters(), lr=0.1, momentum=0.9)
"""


@dataclass(frozen=True)
class Walk:
    """A walked program: its trace, and the texts that places point into."""

    trace: Trace
    texts: Mapping[str, str]

    def run(self, path: str = SCRIPT) -> Run:
        """The run of a script."""
        (run,) = [run for run in self.trace.runs if run.path == path and run.kind == "script"]
        return run

    @property
    def training(self) -> Training:
        """The only training of the program."""
        (training,) = [training for run in self.trace.runs for training in run.trainings]
        return training

    def line(self, place: Place) -> str:
        """The program line at a place, without its indentation."""
        text = self.texts[place.path]
        start = text.rfind("\n", 0, place.start) + 1
        return text[start:].partition("\n")[0].strip()

    def lines(self, kind: type[Event], path: str = SCRIPT) -> list[str]:
        """The lines on which events of a kind happen in a run, in order, repeated ones once."""
        return list(dict.fromkeys(self.line(event.place) for event in self.run(path).of(kind)))

    def events(self, kind: type[EventType], path: str = SCRIPT) -> list[EventType]:
        return list(self.run(path).of(kind))

    @property
    def splits(self) -> list[str]:
        """What the evaluations in the epoch loop are made on."""
        return sorted({evaluation.split for evaluation in self.training.evaluations})

    @property
    def trained_on(self) -> list[str]:
        return sorted({source.label for source in self.training.sources})


def walk(program: str | Mapping[str, str], *, setup: str = "") -> Walk:
    """Walk a program: the text of ``train.py``, or texts by path. ``setup`` stands before the script's own lines."""
    files = {SCRIPT: program} if isinstance(program, str) else program
    texts = {path: textwrap.dedent(text) for path, text in files.items()}
    if setup:
        texts[SCRIPT] = setup + texts[SCRIPT]
    return walk_modules({path: lower(source_from_text(path, text)) for path, text in texts.items()}, texts)


def walk_notebook(notebook: str, path: str) -> Walk:
    """Walk a notebook, given as its JSON."""
    source = source_from_bytes(path, notebook.encode())
    return walk_modules({path: lower(source)}, {path: source.text})


def walk_modules(modules: Mapping[str, ir.Module], texts: Mapping[str, str]) -> Walk:
    found = trace(modules, ".")
    assert not found.failures, found.failures
    return Walk(found, texts)


def name_of(value: Value | None) -> str:
    """The class of a network, wrapped or not."""
    if isinstance(value, Wrapped):
        return name_of(value.inner)
    if isinstance(value, Data) and value.promoted is not None:
        return name_of(value.promoted)
    if isinstance(value, Instance):
        return value.cls.name or "?"
    return value.short if isinstance(value, Library) else "?"
