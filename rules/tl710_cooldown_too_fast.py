"""TL710: the learning rate is gone before half of the training."""

from __future__ import annotations

from collections.abc import Iterator

from trainlint.findings import Finding, Level
from trainlint.rule import Rule
from trainlint.trace import Trace
from trainlint.trace.describe import called
from trainlint.trace.queries_horizon import fast_cooldowns


class CooldownTooFast(Rule):
    """A schedule shrinks the learning rate to nothing long before the training ends.

    ## What it finds

    A `StepLR`, `MultiStepLR` or `ExponentialLR` whose constants bring the rate below a thousandth of its start before half
    of the loop's constant number of rounds is over.

    ## Why it hurts

    With a rate that small the weights stand still: the rest of the training costs its time and changes nothing, and the network stays
    where it happened to be. "Common Practices, Part 1", P29: too fast a cool-down ends far from the minimum.

    ## Bad

    ```python
    import torch
    from torch import nn
    from torch.utils.data import DataLoader, TensorDataset

    torch.manual_seed(0)
    scans = torch.rand(150, 16)
    dose = scans.sum(1, keepdim=True)
    train_loader = DataLoader(TensorDataset(scans[:120], dose[:120]), batch_size=24, shuffle=True)
    val_loader = DataLoader(TensorDataset(scans[120:], dose[120:]), batch_size=30)
    model = nn.Sequential(nn.Linear(16, 32), nn.GELU(), nn.Linear(32, 1))
    criterion = nn.L1Loss()
    optimizer = torch.optim.AdamW(model.parameters(), lr=3e-3)
    scheduler = torch.optim.lr_scheduler.ExponentialLR(optimizer, gamma=0.4)  # expect: TL710

    for epoch in range(20):
        model.train()
        for scan, target in train_loader:
            loss = criterion(model(scan), target)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
        scheduler.step()
        model.eval()
        with torch.no_grad():
            val_loss = sum(criterion(model(scan), target).item() for scan, target in val_loader) / len(val_loader)
        print(epoch, loss.item(), val_loss)
        torch.save(model.state_dict(), "last.pt")
    ```

    ## Good

    ```python
    import torch
    from torch import nn
    from torch.utils.data import DataLoader, TensorDataset

    torch.manual_seed(0)
    scans = torch.rand(150, 16)
    dose = scans.sum(1, keepdim=True)
    train_loader = DataLoader(TensorDataset(scans[:120], dose[:120]), batch_size=24, shuffle=True)
    val_loader = DataLoader(TensorDataset(scans[120:], dose[120:]), batch_size=30)
    model = nn.Sequential(nn.Linear(16, 32), nn.GELU(), nn.Linear(32, 1))
    criterion = nn.L1Loss()
    optimizer = torch.optim.AdamW(model.parameters(), lr=3e-3)
    scheduler = torch.optim.lr_scheduler.ExponentialLR(optimizer, gamma=0.8)

    for epoch in range(20):
        model.train()
        for scan, target in train_loader:
            loss = criterion(model(scan), target)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
        scheduler.step()
        model.eval()
        with torch.no_grad():
            val_loss = sum(criterion(model(scan), target).item() for scan, target in val_loader) / len(val_loader)
        print(epoch, loss.item(), val_loss)
        torch.save(model.state_dict(), "last.pt")
    ```

    ## When it keeps silent

    Where a constant or the number of rounds is not known, where the schedule steps in another rhythm than the loop (TL705 speaks of
    those) or under a condition, where another schedule leads the same optimizer, and for warm-ups and cosines.

    ## Remedy

    Shrink more slowly: `gamma` near `0.01 ** (1 / epochs)` for `ExponentialLR`, two or three milestones over the training for
    `MultiStepLR`. `trainlint.runtime.check_schedule` checks a schedule against a run, and `plot_schedule` draws it.
    """

    code = "TL710"
    name = "cooldown-too-fast"
    level = Level.WARNING

    def check(self, trace: Trace) -> Iterator[Finding]:
        for run in trace.runs:
            for training in run.trainings:
                for found in fast_cooldowns(training):
                    scheduler = found.scheduler
                    assert scheduler.place is not None
                    yield self.finding(
                        scheduler.place,
                        f"{called(scheduler)} leaves {found.factor:.2g} of the learning rate after {found.after} of {found.rounds} rounds:"
                        " the rest of the training changes next to nothing. Shrink it more slowly.",
                        related=[(training.place, f"this loop has {found.rounds} rounds")],
                    )
