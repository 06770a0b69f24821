"""TL714: a schedule that is shorter or longer than the training."""

from __future__ import annotations

from collections.abc import Iterator

from trainlint.findings import Finding, Level
from trainlint.rule import Rule
from trainlint.trace import Trace
from trainlint.trace.describe import called
from trainlint.trace.queries_horizon import Mismatch, mismatches

# What the rate does when its schedule is over before the training.
_AFTERWARDS = {
    "CosineAnnealingLR": "then the rate rises again",
    "OneCycleLR": "the next step raises a ValueError",
}


class ScheduleHorizonMismatch(Rule):
    """A schedule is made for another number of epochs than the loop runs.

    ## What it finds

    A `CosineAnnealingLR`, `PolynomialLR`, `OneCycleLR` or falling `LinearLR` whose length (`T_max`, `total_iters`,
    `total_steps`, `epochs`) differs from the loop's constant number of rounds, and milestones that lie beyond it.

    ## Why it hurts

    A cosine that is too short rises again before the training ends, so that the last epochs undo what the small rates did; one that is
    too long never comes down; a milestone beyond the end is never met. "Common Practices, Part 1", P29: neither oscillate nor cool down
    too fast. PyTorch's documentation of `CosineAnnealingLR` calls `T_max` the number of iterations until the minimum.

    ## Bad

    ```python
    import torch
    from torch import nn
    from torch.utils.data import DataLoader, TensorDataset

    torch.manual_seed(0)
    echoes = torch.randn(220, 9)
    depth = echoes.abs().sum(1, keepdim=True)
    train_loader = DataLoader(TensorDataset(echoes[:180], depth[:180]), batch_size=30, shuffle=True)
    val_loader = DataLoader(TensorDataset(echoes[180:], depth[180:]), batch_size=40)
    model = nn.Sequential(nn.Linear(9, 36), nn.ReLU(), nn.Linear(36, 1))
    criterion = nn.HuberLoss()
    optimizer = torch.optim.SGD(model.parameters(), lr=0.05, momentum=0.9)
    scheduler = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, T_max=6)  # expect: TL714

    for epoch in range(10):
        model.train()
        for echo, target in train_loader:
            loss = criterion(model(echo), target)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
        scheduler.step()
        model.eval()
        with torch.no_grad():
            val_loss = sum(criterion(model(echo), target).item() for echo, target in val_loader) / len(val_loader)
        print(epoch, loss.item(), val_loss)
        torch.save(model.state_dict(), "last.pt")
    ```

    ## Good

    ```python
    import torch
    from torch import nn
    from torch.utils.data import DataLoader, TensorDataset

    EPOCHS = 10
    torch.manual_seed(0)
    echoes = torch.randn(220, 9)
    depth = echoes.abs().sum(1, keepdim=True)
    train_loader = DataLoader(TensorDataset(echoes[:180], depth[:180]), batch_size=30, shuffle=True)
    val_loader = DataLoader(TensorDataset(echoes[180:], depth[180:]), batch_size=40)
    model = nn.Sequential(nn.Linear(9, 36), nn.ReLU(), nn.Linear(36, 1))
    criterion = nn.HuberLoss()
    optimizer = torch.optim.SGD(model.parameters(), lr=0.05, momentum=0.9)
    scheduler = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, T_max=EPOCHS)

    for epoch in range(EPOCHS):
        model.train()
        for echo, target in train_loader:
            loss = criterion(model(echo), target)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
        scheduler.step()
        model.eval()
        with torch.no_grad():
            val_loss = sum(criterion(model(echo), target).item() for echo, target in val_loader) / len(val_loader)
        print(epoch, loss.item(), val_loss)
        torch.save(model.state_dict(), "last.pt")
    ```

    ## When it keeps silent

    Within five per cent or one epoch; where another schedule (a warm-up) leads the same optimizer; for cosines that come down again at
    the run's end after several cycles; where length or number of rounds is not constant, and where the schedule steps in another
    rhythm than the loop (TL705).

    ## Remedy

    Compute both from one constant: `CosineAnnealingLR(optimizer, T_max=EPOCHS)`. `trainlint.runtime.check_schedule` checks a schedule
    against a run, and `plot_schedule` draws it.
    """

    code = "TL714"
    name = "schedule-horizon-mismatch"
    level = Level.WARNING

    def check(self, trace: Trace) -> Iterator[Finding]:
        for run in trace.runs:
            for training in run.trainings:
                for found in mismatches(training):
                    assert found.scheduler.place is not None
                    yield self.finding(
                        found.scheduler.place,
                        _message(found),
                        related=[(training.place, f"this loop has {found.rounds} rounds")],
                    )


def _message(found: Mismatch) -> str:
    scheduler = found.scheduler
    name = called(scheduler)
    if found.parameter == "milestones":
        return f"{name} has a milestone at {found.length}, and the training ends after {found.rounds} rounds: it is never met."
    if found.length < found.rounds:
        after = _AFTERWARDS.get(scheduler.short, "then the rate stands at its end")
        what = f"is over after {found.length} of the training's {found.rounds} rounds, {after}"
    else:
        what = f"needs {found.length} rounds, and the training has {found.rounds}: its end is never met"
    return f"{name} {what}. Give it the training's own length, `{found.parameter}={found.rounds}`."
