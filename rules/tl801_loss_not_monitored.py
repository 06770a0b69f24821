"""TL801: nobody gets to see the training loss."""

from __future__ import annotations

from collections.abc import Iterator

from trainlint.findings import Finding, Level
from trainlint.rule import Rule
from trainlint.trace import Trace
from trainlint.trace.events import Reported
from trainlint.trace.purpose import PASSING, REINFORCEMENT
from trainlint.trace.queries_monitoring import is_monitored
from trainlint.trace.queries_runs import unanimous
from trainlint.trace.view import Training


class LossNotMonitored(Rule):
    """The training loss is computed and back-propagated, and nobody gets to see it.

    ## What it finds

    A training whose loss reaches no print, logger, progress bar, list, dict or attribute, and that the function which
    trains doesn't return either. What Lightning's `training_step` must return is no monitoring; `self.log` is.

    ## Why it hurts

    "Common Practices, Part 1, P14 and P15": watch the loss curve; it is the first to show a learning rate that is far
    off, exploding gradients or a bug. A validation metric once an epoch says neither which, nor when it began.

    ## Bad

    ```python
    import torch
    from torch import nn
    from torch.utils.data import DataLoader, TensorDataset


    def run_epoch(model, loader, optimizer):
        model.train()
        for x, y in loader:
            optimizer.zero_grad()
            loss = nn.functional.cross_entropy(model(x), y)
            loss.backward()
            optimizer.step()


    @torch.no_grad()
    def accuracy(model, loader):
        model.eval()
        return sum((model(x).argmax(1) == y).sum().item() for x, y in loader) / len(loader.dataset)


    torch.manual_seed(0)
    points, more = torch.randn(200, 2), torch.randn(50, 2)
    train_loader = DataLoader(TensorDataset(points, (points.norm(dim=1) > 1).long()), batch_size=25, shuffle=True)
    val_loader = DataLoader(TensorDataset(more, (more.norm(dim=1) > 1).long()), batch_size=50)
    model = nn.Sequential(nn.Linear(2, 16), nn.ReLU(), nn.Linear(16, 2))
    optimizer = torch.optim.AdamW(model.parameters(), lr=1e-2)
    scheduler = torch.optim.lr_scheduler.ExponentialLR(optimizer, gamma=0.9)

    for epoch in range(1, 7):  # expect: TL801
        run_epoch(model, train_loader, optimizer)
        scheduler.step()
        print(epoch, accuracy(model, val_loader))
        torch.save(model.state_dict(), "circle.pt")
    ```

    ## Good

    ```python
    import torch
    from torch import nn
    from torch.utils.data import DataLoader, TensorDataset


    def run_epoch(model, loader, optimizer):
        model.train()
        total = 0.0
        for x, y in loader:
            optimizer.zero_grad()
            loss = nn.functional.cross_entropy(model(x), y)
            loss.backward()
            optimizer.step()
            total += loss.item()
        return total / len(loader)


    @torch.no_grad()
    def accuracy(model, loader):
        model.eval()
        return sum((model(x).argmax(1) == y).sum().item() for x, y in loader) / len(loader.dataset)


    torch.manual_seed(0)
    points, more = torch.randn(200, 2), torch.randn(50, 2)
    train_loader = DataLoader(TensorDataset(points, (points.norm(dim=1) > 1).long()), batch_size=25, shuffle=True)
    val_loader = DataLoader(TensorDataset(more, (more.norm(dim=1) > 1).long()), batch_size=50)
    model = nn.Sequential(nn.Linear(2, 16), nn.ReLU(), nn.Linear(16, 2))
    optimizer = torch.optim.AdamW(model.parameters(), lr=1e-2)
    scheduler = torch.optim.lr_scheduler.ExponentialLR(optimizer, gamma=0.9)

    for epoch in range(1, 7):
        train_loss = run_epoch(model, train_loader, optimizer)
        scheduler.step()
        print(epoch, train_loss, accuracy(model, val_loader))
        torch.save(model.state_dict(), "circle.pt")
    ```

    ## When it keeps silent

    Where the loss, or a part of it, on training data is reported or kept in any way, also behind an option; where
    unknown code is handed it; where reinforcement learning reports rewards; for tests, benchmarks, overfit checks and
    what trains nothing that lasts.

    ## Remedy

    Print or log the mean of the epoch's losses (`loss.item()`, not the tensor). `trainlint.runtime.TrainingMonitor`
    watches the loss for you, and says what its curve means.
    """

    code = "TL801"
    name = "loss-not-monitored"
    level = Level.WARNING

    def check(self, trace: Trace) -> Iterator[Finding]:
        for training in unanimous(trace, _lacks_monitoring, lambda training: training.place):
            yield self.finding(
                training.place,
                "The training loss is neither printed, logged, kept nor returned: nobody would notice that it"
                " diverges. Report its mean for each epoch.",
                related=[(training.backwards[0].place, "here it is only back-propagated")],
            )


def _lacks_monitoring(training: Training) -> bool | None:
    grounds = training.exemptions
    if not training.losses or grounds & PASSING:
        return None
    if REINFORCEMENT in grounds and _reports_anything(training):
        return False
    return not is_monitored(training)


def _reports_anything(training: Training) -> bool:
    return any(event.how in ("print", "log") for event in training.of(Reported))
