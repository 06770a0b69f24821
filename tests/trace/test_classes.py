"""Classes: trainers that hold everything, networks in pieces, configuration objects."""

from __future__ import annotations

import textwrap

import pytest
from tracing import SETUP, name_of, walk

from trainlint.trace.events import AttributeSet, Backward, Forward, LossComputed, Made, OptimizerStep
from trainlint.trace.values import Library

TRAINER = """
    class Trainer:
        epochs = 5

        def __init__(self, model, train_loader, val_loader, lr=0.1):
            self.model = model
            self.train_loader = train_loader
            self.val_loader = val_loader
            self.criterion = nn.CrossEntropyLoss()
            self.optimizer = self.configure(lr)
            self.epoch = 0

        def configure(self, lr):
            return torch.optim.SGD(self.model.parameters(), lr=lr)

        def train_epoch(self):
            self.model.train()
            for batch in self.train_loader:
                self.optimizer.zero_grad()
                loss = self.compute(batch)
                loss.backward()
                self.optimizer.step()

        def compute(self, batch):
            x, y = batch
            return self.criterion(self.model(x), y)

        @torch.no_grad()
        def validate(self):
            self.model.eval()
            total = 0.0
            for batch in self.val_loader:
                total += self.compute(batch).item()
            return total

        def fit(self):
            for self.epoch in range(self.epochs):
                self.train_epoch()
                print(self.validate())
"""


def test_a_trainer_is_followed_through_its_methods() -> None:
    walked = walk(TRAINER + "    Trainer(model, train_loader, val_loader).fit()\n", setup=SETUP)
    training = walked.training
    assert walked.line(training.loop.place) == "for self.epoch in range(self.epochs):"
    assert walked.line(training.batch_loop.place) == "for batch in self.train_loader:"
    assert walked.splits == ["validation"]
    evaluation = training.evaluations[0]
    assert evaluation.forward is not None
    assert (evaluation.forward.mode, evaluation.forward.gradients) == ("eval", False)
    assert {event.mode for event in training.of(Forward) if event.gradients} == {"train"}
    assert walked.line(evaluation.place_in(training.loop)) == "print(self.validate())"


SUBCLASSES = {
    "overriding a hook": """
        class Special(Trainer):
            def compute(self, batch):
                x, y = batch
                return nn.functional.mse_loss(self.model(x), y)
    """,
    "extending the constructor": """
        class Special(Trainer):
            def __init__(self, *args, **kwargs):
                super().__init__(*args, **kwargs)
                self.optimizer = torch.optim.Adam(self.model.parameters())
    """,
    "extending a method": """
        class Special(Trainer):
            def train_epoch(self):
                super().train_epoch()
                print("epoch done")
    """,
    "through a mixin": """
        class Logging:
            def train_epoch(self):
                result = super().train_epoch()
                print("epoch done")
                return result

        class Special(Logging, Trainer):
            pass
    """,
    "two levels deep": """
        class Middle(Trainer):
            pass

        class Special(Middle):
            epochs = 50
    """,
}


@pytest.mark.parametrize("subclass", SUBCLASSES)
def test_inherited_trainers(subclass: str) -> None:
    text = textwrap.dedent(TRAINER) + textwrap.dedent(SUBCLASSES[subclass])
    walked = walk(text + "Special(model, train_loader, val_loader).fit()\n", setup=SETUP)
    training = walked.training
    assert walked.line(training.batch_loop.place) == "for batch in self.train_loader:"
    assert walked.splits == ["validation"]
    losses = {event.kind for event in training.of(LossComputed)}
    assert len(losses) == 1
    (step, *_) = training.steps
    assert isinstance(step.optimizer, Library)
    assert step.optimizer.short == ("Adam" if subclass == "extending the constructor" else "SGD")
    assert training.loop.rounds == (50 if subclass == "two levels deep" else 5)


def test_an_abstract_base_calls_what_its_child_defines() -> None:
    walked = walk(
        """
        from abc import ABC, abstractmethod

        class Base(ABC):
            def run(self):
                for epoch in range(3):
                    for batch in self.loader:
                        self.step(batch)

            @abstractmethod
            def step(self, batch):
                raise NotImplementedError

            @property
            def loader(self):
                return self._loaders["train"]

        class Classifier(Base):
            def __init__(self):
                self._loaders = {"train": train_loader, "val": val_loader}

            def step(self, batch):
                optimizer.zero_grad()
                criterion(model(batch[0]), batch[1]).backward()
                optimizer.step()

        Classifier().run()
        """,
        setup=SETUP,
    )
    assert walked.lines(Backward) == ["criterion(model(batch[0]), batch[1]).backward()"]
    assert {source.split for source in walked.training.sources if source.part} == {"train"}


def test_properties_cached_properties_and_static_methods() -> None:
    walked = walk(
        """
        from functools import cached_property

        class Task:
            def __init__(self, network):
                self._network = network

            @property
            def network(self):
                return self._network

            @cached_property
            def optimizer(self):
                return torch.optim.AdamW(self.network.parameters(), lr=1e-3)

            @staticmethod
            def loss(prediction, target):
                return nn.functional.cross_entropy(prediction, target)

            @classmethod
            def make(cls):
                return cls(nn.Linear(8, 3))

        task = Task.make()
        for epoch in range(3):
            for x, y in train_loader:
                task.optimizer.zero_grad()
                task.loss(task.network(x), y).backward()
                task.optimizer.step()
        """,
        setup=SETUP,
    )
    training = walked.training
    assert [name_of(model) for model in training.models] == ["Linear"]
    (step, *_) = training.steps
    assert isinstance(step.optimizer, Library)
    assert step.optimizer.short == "AdamW"


CONFIGS = {
    "a data class": """
        from dataclasses import dataclass, field

        @dataclass
        class Config:
            lr: float
            epochs: int = 12
            shuffle: bool = True
            betas: tuple = field(default=(0.9, 0.99))

        config = Config(lr=0.5)
    """,
    "a named tuple": """
        from typing import NamedTuple

        class Config(NamedTuple):
            lr: float
            epochs: int = 12
            shuffle: bool = True

        config = Config(0.5)
    """,
    "a collections.namedtuple": """
        from collections import namedtuple

        Config = namedtuple("Config", ["lr", "epochs", "shuffle"])
        config = Config(0.5, epochs=12, shuffle=True)
    """,
    "class attributes": """
        class config:
            lr = 0.5
            epochs = 12
            shuffle = True
    """,
    "a namespace": """
        from types import SimpleNamespace
        config = SimpleNamespace(lr=0.5, epochs=12, shuffle=True)
    """,
    "a module's globals in a class": """
        LR, EPOCHS = 0.5, 12

        class Config:
            def __init__(self, lr=LR):
                self.lr = lr
                self.epochs = EPOCHS
                self.shuffle = True

        config = Config()
    """,
    "a changed copy": """
        from dataclasses import dataclass, replace

        @dataclass(frozen=True)
        class Config:
            lr: float = 0.1
            epochs: int = 12
            shuffle: bool = True

        config = replace(Config(), lr=0.5)
    """,
}


@pytest.mark.parametrize("config", CONFIGS)
def test_fields_of_configuration_objects_are_constants(config: str) -> None:
    walked = walk(
        textwrap.dedent(CONFIGS[config])
        + textwrap.dedent("""
        loader = DataLoader(train_set, shuffle=config.shuffle)
        optimizer = torch.optim.SGD(model.parameters(), lr=config.lr)
        for epoch in range(config.epochs):
            for x, y in loader:
                optimizer.zero_grad()
                criterion(model(x), y).backward()
                optimizer.step()
        """),
        setup=SETUP,
    )
    training = walked.training
    assert training.loop.rounds == 12
    (step, *_) = training.steps
    assert isinstance(step.optimizer, Library)
    assert step.optimizer.constant("lr") == 0.5
    loader = [event.thing for event in walked.events(Made) if event.role == "loader"][-1]
    assert isinstance(loader, Library)
    assert loader.constant("shuffle") is True


def test_a_network_of_networks_is_switched_as_one() -> None:
    walked = walk(
        """
        class Encoder(nn.Module):
            def __init__(self):
                super().__init__()
                self.layers = nn.ModuleList([nn.Linear(8, 8) for _ in range(3)])

            def forward(self, x):
                for layer in self.layers:
                    x = torch.relu(layer(x))
                return x

        class Classifier(nn.Module):
            def __init__(self):
                super().__init__()
                self.encoder = Encoder()
                self.head = nn.Linear(8, 3)

            def forward(self, x):
                return self.head(self.encoder(x))

        net = Classifier()
        net.eval()
        net(torch.randn(2, 8))
        net.encoder(torch.randn(2, 8))
        net.train()
        net.encoder(torch.randn(2, 8))
        """,
        setup=SETUP,
    )
    direct = [event for event in walked.events(Forward) if event.direct]
    assert [(name_of(event.model), event.mode) for event in direct] == [
        ("Classifier", "eval"),
        ("Encoder", "eval"),
        ("Encoder", "train"),
    ]


def test_a_network_that_trains_itself() -> None:
    walked = walk(
        """
        class Net(nn.Module):
            def __init__(self):
                super().__init__()
                self.fc = nn.Linear(8, 3)

            def forward(self, x):
                return self.fc(x)

            def fit(self, loader, epochs=4):
                optimizer = torch.optim.SGD(self.parameters(), lr=0.1)
                for epoch in range(epochs):
                    for x, y in loader:
                        optimizer.zero_grad()
                        criterion(self(x), y).backward()
                        optimizer.step()
                return self

        Net().fit(train_loader)
        """,
        setup=SETUP,
    )
    training = walked.training
    assert training.loop.rounds == 4
    assert [name_of(model) for model in training.models] == ["Net"]
    (step, *_) = training.steps
    assert not step.offered


def test_dunder_methods_are_called_where_python_calls_them() -> None:
    walked = walk(
        """
        class Step:
            def __init__(self, network):
                self.network = network

            def __call__(self, batch):
                optimizer.zero_grad()
                criterion(self.network(batch[0]), batch[1]).backward()
                optimizer.step()

        class Batches:
            def __init__(self, loader):
                self.loader = loader

            def __iter__(self):
                for batch in self.loader:
                    yield batch

            def __len__(self):
                return len(self.loader)

        step = Step(model)
        for epoch in range(3):
            for batch in Batches(train_loader):
                step(batch)
        """,
        setup=SETUP,
    )
    training = walked.training
    assert walked.line(training.batch_loop.place) == "for batch in Batches(train_loader):"
    assert {source.split for source in training.sources if source.part} == {"train"}


def test_attributes_that_are_set_are_events_of_their_object() -> None:
    walked = walk(
        """
        class Net(nn.Module):
            def __init__(self):
                super().__init__()
                self.fc = nn.Linear(8, 3)
                self.scale = torch.ones(3)

            def forward(self, x):
                return self.fc(x) * self.scale

        net = Net()
        """,
        setup=SETUP,
    )
    found = [event for event in walked.events(AttributeSet) if name_of(event.owner) == "Net"]
    assert [event.attribute for event in found] == ["fc", "scale"]


def test_methods_of_a_trainer_that_nothing_makes_are_walked() -> None:
    walked = walk(TRAINER, setup="import torch\nfrom torch import nn\n")
    runs = [run for run in walked.trace.runs if run.kind == "function" and run.trainings]
    assert len(runs) == 1
    (training,) = runs[0].trainings
    assert walked.line(training.loop.place) == "for self.epoch in range(self.epochs):"
    assert {walked.line(event.place) for event in training.of(OptimizerStep)} == {"self.optimizer.step()"}
    assert {evaluation.split for evaluation in training.evaluations} == {"validation"}


def test_a_configuration_can_be_spread_into_keywords() -> None:
    walked = walk(
        """
        from dataclasses import asdict, dataclass

        @dataclass
        class Loading:
            batch_size: int = 16
            shuffle: bool = False
            drop_last: bool = False

        loader = DataLoader(train_set, **asdict(Loading(shuffle=True)))
        for batch in loader:
            print(batch)
        """,
        setup=SETUP,
    )
    loader = [event.thing for event in walked.events(Made) if event.role == "loader"][-1]
    assert isinstance(loader, Library)
    assert {key: loader.constant(key) for key in ("batch_size", "shuffle", "drop_last")} == {
        "batch_size": 16,
        "shuffle": True,
        "drop_last": False,
    }
