"""TL713: the optimizer or schedule is made anew in each epoch."""

from __future__ import annotations

from collections.abc import Iterator

from trainlint.findings import Finding, Level
from trainlint.rule import Rule
from trainlint.trace import Trace
from trainlint.trace.describe import called
from trainlint.trace.queries_recreation import recreated


class OptimizerRecreated(Rule):
    """The optimizer or the schedule is constructed anew each time round the training loop.

    ## What it finds

    An optimizer of the same network, or a schedule of the same optimizer, that is made inside the epoch or batch loop
    without a condition, also in a function that is called there.

    ## Why it hurts

    What an optimizer remembers (momentum, the averages of Adam and their bias correction) is gone each time: it never gets beyond its
    first steps, and Adam's first step moves every weight by the full learning rate. A schedule that is made anew never leaves its
    beginning. PyTorch's documentation of `torch.optim` has the optimizer made once, before the loop; "Common Practices, Part 1", P27,
    counts on the momentum.

    ## Bad

    ```python
    import torch
    from torch import nn
    from torch.utils.data import DataLoader, TensorDataset

    torch.manual_seed(0)
    tides = torch.randn(180, 7)
    train_loader = DataLoader(TensorDataset(tides[:144], tides[:144].sin()), batch_size=24, shuffle=True)
    val_loader = DataLoader(TensorDataset(tides[144:], tides[144:].sin()), batch_size=36)
    model = nn.Sequential(nn.Linear(7, 28), nn.Tanh(), nn.Linear(28, 7))
    criterion = nn.MSELoss()

    for epoch in range(3):
        optimizer = torch.optim.Adam(model.parameters(), lr=1e-3 * 0.5**epoch)  # expect: TL713
        model.train()
        for tide, target in train_loader:
            loss = criterion(model(tide), target)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
        model.eval()
        with torch.no_grad():
            val_loss = sum(criterion(model(tide), target).item() for tide, target in val_loader) / len(val_loader)
        print(epoch, loss.item(), val_loss)
        torch.save(model.state_dict(), "last.pt")
    ```

    ## Good

    ```python
    import torch
    from torch import nn
    from torch.utils.data import DataLoader, TensorDataset

    torch.manual_seed(0)
    tides = torch.randn(180, 7)
    train_loader = DataLoader(TensorDataset(tides[:144], tides[:144].sin()), batch_size=24, shuffle=True)
    val_loader = DataLoader(TensorDataset(tides[144:], tides[144:].sin()), batch_size=36)
    model = nn.Sequential(nn.Linear(7, 28), nn.Tanh(), nn.Linear(28, 7))
    criterion = nn.MSELoss()
    optimizer = torch.optim.Adam(model.parameters(), lr=1e-3)
    scheduler = torch.optim.lr_scheduler.ExponentialLR(optimizer, gamma=0.5)

    for epoch in range(3):
        model.train()
        for tide, target in train_loader:
            loss = criterion(model(tide), target)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
        scheduler.step()
        model.eval()
        with torch.no_grad():
            val_loss = sum(criterion(model(tide), target).item() for tide, target in val_loader) / len(val_loader)
        print(epoch, loss.item(), val_loss)
        torch.save(model.state_dict(), "last.pt")
    ```

    ## When it keeps silent

    Under a condition (`if epoch == 5`), where the network is made anew or its weights are set back in the same loop (folds, runs,
    clients of federated learning), for optimizers of something that is made in the loop, for plain SGD (which has no state to lose),
    and for schedules that run through within each round.

    ## Remedy

    Make the optimizer once, before the loop, and change its rate by a scheduler or in `optimizer.param_groups`.
    """

    code = "TL713"
    name = "optimizer-recreated"
    level = Level.ERROR

    def check(self, trace: Trace) -> Iterator[Finding]:
        for run in trace.runs:
            for training in run.trainings:
                for made in recreated(training):
                    lost = "all that it remembers of the gradients" if made.role == "optimizer" else "its place"
                    yield self.finding(
                        made.place,
                        f"{called(made.thing)} is made anew in each round of the training, and loses {lost}. Make it once, before"
                        " the loop.",
                        related=[(training.place, "the loop is here")],
                    )
