"""TL703: a scheduler is made and never stepped."""

from __future__ import annotations

from collections.abc import Iterator

from trainlint.findings import Finding, Level, Place
from trainlint.rule import Rule
from trainlint.trace import Trace
from trainlint.trace.anatomy import plain
from trainlint.trace.describe import called
from trainlint.trace.events import Escaped, Made, SchedulerStep
from trainlint.trace.purpose import TEST_CODE
from trainlint.trace.queries_schedules import given, is_known, made_schedulers, optimizers, steered
from trainlint.trace.values import Value
from trainlint.trace.view import Run


class SchedulerNeverStepped(Rule):
    """A learning-rate scheduler is constructed, but nothing ever steps it.

    ## What it finds

    A scheduler over an optimizer that trains in the same run, for which no `step()` is called on any path and which no
    framework, other scheduler or unknown code is handed.

    ## Why it hurts

    The schedule is written down and doesn't happen: the rate stays at its first value (of a warm-up, next to nothing),
    against "Common Practices, Part 1, P28", and whoever reads the script or its configuration believes otherwise.

    ## Bad

    ```python
    import torch
    from torch import nn
    from torch.utils.data import DataLoader, TensorDataset


    class Trainer:
        def __init__(self, model, train_data, val_data):
            self.model = model
            self.train_loader = DataLoader(train_data, batch_size=16, shuffle=True)
            self.val_loader = DataLoader(val_data, batch_size=32)
            self.criterion = nn.MSELoss()
            self.optimizer = torch.optim.AdamW(model.parameters(), lr=1e-2)
            self.scheduler = torch.optim.lr_scheduler.ExponentialLR(self.optimizer, gamma=0.9)  # expect: TL703

        def fit(self, epochs):
            for epoch in range(epochs):
                self.model.train()
                for x, y in self.train_loader:
                    self.optimizer.zero_grad()
                    loss = self.criterion(self.model(x), y)
                    loss.backward()
                    self.optimizer.step()
                print(epoch, loss.item(), self.validate())
                torch.save(self.model.state_dict(), "last.pt")

        @torch.no_grad()
        def validate(self):
            self.model.eval()
            return sum(self.criterion(self.model(x), y).item() for x, y in self.val_loader) / len(self.val_loader)


    def waves(count):
        x = torch.rand(count, 3)
        return TensorDataset(x, torch.sin(x))


    torch.manual_seed(0)
    Trainer(nn.Linear(3, 3), waves(96), waves(32)).fit(epochs=4)
    ```

    ## Good

    ```python
    import torch
    from torch import nn
    from torch.utils.data import DataLoader, TensorDataset


    class Trainer:
        def __init__(self, model, train_data, val_data):
            self.model = model
            self.train_loader = DataLoader(train_data, batch_size=16, shuffle=True)
            self.val_loader = DataLoader(val_data, batch_size=32)
            self.criterion = nn.MSELoss()
            self.optimizer = torch.optim.AdamW(model.parameters(), lr=1e-2)
            self.scheduler = torch.optim.lr_scheduler.ExponentialLR(self.optimizer, gamma=0.9)

        def fit(self, epochs):
            for epoch in range(epochs):
                self.model.train()
                for x, y in self.train_loader:
                    self.optimizer.zero_grad()
                    loss = self.criterion(self.model(x), y)
                    loss.backward()
                    self.optimizer.step()
                self.scheduler.step()
                print(epoch, loss.item(), self.validate())
                torch.save(self.model.state_dict(), "last.pt")

        @torch.no_grad()
        def validate(self):
            self.model.eval()
            return sum(self.criterion(self.model(x), y).item() for x, y in self.val_loader) / len(self.val_loader)


    def waves(count):
        x = torch.rand(count, 3)
        return TensorDataset(x, torch.sin(x))


    torch.manual_seed(0)
    Trainer(nn.Linear(3, 3), waves(96), waves(32)).fit(epochs=4)
    ```

    ## When it keeps silent

    Where a framework steps it (Lightning with automatic optimization, the Hugging Face Trainer, DeepSpeed), where it is
    part of another scheduler, where another run steps it, where any code that can't be followed is handed it, where the
    optimizer isn't seen to train, and in tests.

    ## Remedy

    Call `scheduler.step()` once an epoch after the optimizer's last step; after each batch for `OneCycleLR` and other
    schedules that count batches; `ReduceLROnPlateau` takes the validation loss.
    """

    code = "TL703"
    name = "scheduler-never-stepped"
    level = Level.ERROR
    reads_recorded = True

    def check(self, trace: Trace) -> Iterator[Finding]:
        idle: dict[Place, Made] = {}
        stepped: set[Place] = set()
        for run in trace.runs:
            moved = list(_moved(run))
            for made in made_schedulers(run):
                if any(made.thing is other for other in moved):
                    stepped.add(made.place)
                elif _is_idle(made, run):
                    idle.setdefault(made.place, made)
        # What one of several runs leaves standing, and another steps, belongs to a base class or a helper.
        for place, made in idle.items():
            if place not in stepped:
                yield self._report(made)

    def _report(self, made: Made) -> Finding:
        return self.finding(
            made.place,
            f"{called(made.thing)} is made, but nothing ever steps it: the learning rate stays where it starts. Call its `step()`"
            " in the training loop, after the optimizer's.",
        )


def _is_idle(made: Made, run: Run) -> bool:
    """Whether a scheduler that never moves steers an optimizer that trains in the run."""
    if made.offered or not run.complete:
        return False
    trained = [
        optimizer
        for training in run.trainings
        if TEST_CODE not in training.exemptions
        for optimizer in optimizers(training)
    ]
    return any(optimizer is other for optimizer in steered(made.thing) for other in trained)


def _moved(run: Run) -> Iterator[Value]:
    """Schedulers that step, or are handed to what may step them; all, where an unknown one steps."""
    for event in run.among(SchedulerStep, Escaped, Made):
        if isinstance(event, SchedulerStep):
            if not is_known(plain(event.scheduler)):
                yield from (made.thing for made in made_schedulers(run))
            yield plain(event.scheduler)
        elif isinstance(event, Escaped):
            yield from (plain(value) for value in event.values)
        elif isinstance(event, Made) and event.role in ("scheduler", "framework", "callback", "config"):
            yield from given(event.thing)
