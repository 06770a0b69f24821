"""TL701: the learning rate never changes."""

from __future__ import annotations

from collections.abc import Iterator

from trainlint.findings import Finding, Level, Place
from trainlint.rule import Rule
from trainlint.trace import Trace
from trainlint.trace.describe import called
from trainlint.trace.purpose import UNUSUAL
from trainlint.trace.queries_runs import unanimous
from trainlint.trace.queries_schedule_free import has_modes
from trainlint.trace.queries_schedules import CHANGING, changes_rate, is_known, optimizers
from trainlint.trace.values import Instance, Library, Value
from trainlint.trace.view import Training


class NoLrSchedule(Rule):
    """The learning rate stays what it was from the first step to the last.

    ## What it finds

    A training whose optimizer no scheduler steers and whose rate nothing else changes. One finding a training, where
    the optimizer is made.

    ## Why it hurts

    "Common Practices, Part 1, P28": anneal the learning rate. A rate that is large enough to get anywhere at the
    beginning is too large to settle in a minimum at the end; the last epochs only jitter.

    ## Bad

    ```python
    import torch
    from torch import nn
    from torch.utils.data import DataLoader, TensorDataset

    torch.manual_seed(0)
    inputs, held_out = torch.randn(256, 8), torch.randn(64, 8)
    train_loader = DataLoader(TensorDataset(inputs, inputs.sum(1, keepdim=True)), batch_size=32, shuffle=True)
    val_loader = DataLoader(TensorDataset(held_out, held_out.sum(1, keepdim=True)), batch_size=64)
    model = nn.Sequential(nn.Linear(8, 32), nn.ReLU(), nn.Linear(32, 1))
    optimizer = torch.optim.AdamW(model.parameters(), lr=1e-2)  # expect: TL701
    criterion = nn.MSELoss()

    for epoch in range(5):
        model.train()
        for x, y in train_loader:
            optimizer.zero_grad()
            loss = criterion(model(x), y)
            loss.backward()
            optimizer.step()
        model.eval()
        with torch.no_grad():
            val_loss = sum(criterion(model(x), y).item() for x, y in val_loader) / len(val_loader)
        print(epoch, loss.item(), val_loss)
        torch.save(model.state_dict(), "last.pt")
    ```

    ## Good

    ```python
    import torch
    from torch import nn
    from torch.utils.data import DataLoader, TensorDataset

    torch.manual_seed(0)
    inputs, held_out = torch.randn(256, 8), torch.randn(64, 8)
    train_loader = DataLoader(TensorDataset(inputs, inputs.sum(1, keepdim=True)), batch_size=32, shuffle=True)
    val_loader = DataLoader(TensorDataset(held_out, held_out.sum(1, keepdim=True)), batch_size=64)
    model = nn.Sequential(nn.Linear(8, 32), nn.ReLU(), nn.Linear(32, 1))
    optimizer = torch.optim.AdamW(model.parameters(), lr=1e-2)
    scheduler = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, T_max=5)
    criterion = nn.MSELoss()

    for epoch in range(5):
        model.train()
        for x, y in train_loader:
            optimizer.zero_grad()
            loss = criterion(model(x), y)
            loss.backward()
            optimizer.step()
        scheduler.step()
        model.eval()
        with torch.no_grad():
            val_loss = sum(criterion(model(x), y).item() for x, y in val_loader) / len(val_loader)
        print(epoch, loss.item(), val_loss)
        torch.save(model.state_dict(), "last.pt")
    ```

    ## When it keeps silent

    Where a scheduler is there, also one that an option turns on, or that is never stepped (TL703 says so); where the
    program writes `param_groups[...]["lr"]` or makes a new optimizer in the course of the training; for `LBFGS`,
    optimizers that set their own rate or need no schedule, and hand-written updates; where a framework has a schedule
    of its own; where unknown code is handed the optimizer; for reinforcement learning, adversarial training, the
    optimisation of an input, tests, benchmarks and what trains nothing that lasts.

    ## Remedy

    A scheduler of `torch.optim.lr_scheduler`, stepped after each epoch: `StepLR`, `CosineAnnealingLR`, or
    `ReduceLROnPlateau` on the validation loss. `trainlint.runtime.schedules` makes the usual ones:
    `step`, `plateau`, `exponential`, `inverse_time`.
    """

    code = "TL701"
    name = "no-lr-schedule"
    level = Level.WARNING
    reads_recorded = True

    def check(self, trace: Trace) -> Iterator[Finding]:
        for training in unanimous(trace, _is_constant, _optimizer_place):
            first = optimizers(training)[0]
            yield self.finding(
                _optimizer_place(training),
                f"The learning rate of {called(first)} never changes while the training runs. Let it fall: add a"
                " scheduler from torch.optim.lr_scheduler and step it after each epoch.",
                related=[(training.place, "the training that it stays constant in")],
            )


def _optimizer_place(training: Training) -> Place:
    first = optimizers(training)[0]
    assert isinstance(first, Library | Instance)
    assert first.place is not None
    return first.place


def _is_constant(training: Training) -> bool | None:
    stepping = optimizers(training)
    if not stepping or not all(is_known(optimizer) for optimizer in stepping):
        return None
    if any(_sets_own_rate(optimizer) for optimizer in stepping) or training.exemptions & UNUSUAL:
        return None
    if any(step.optimizer is None for step in training.steps):
        return None
    return not any(changes_rate(event, training) for event in training.run.among(*CHANGING))


def _sets_own_rate(optimizer: Value) -> bool:
    if not isinstance(optimizer, Library):
        return isinstance(optimizer, Instance) and has_modes(optimizer)
    own = ("schedule_free", "adaptive_rate")
    return optimizer.trait("family") == "lbfgs" or any(optimizer.trait(trait) for trait in own)
