"""TL902: a run resumes with its weights, and without the state of its optimizer or scheduler."""

from __future__ import annotations

from collections.abc import Iterator

from trainlint.findings import Finding, Level
from trainlint.rule import Rule
from trainlint.trace import Trace
from trainlint.trace.queries_resuming import (
    Resumption,
    always_lost,
    forgotten_optimizers,
    forgotten_schedulers,
)
from trainlint.trace.sequence import title


class ResumeWithoutOptimizer(Rule):
    """A run goes on at a saved epoch with the weights, but not with the state of its optimizer or scheduler.

    ## What it finds

    A training that goes on counting from a checkpoint's epoch or step (or from an option such as `--start-epoch`) after
    the network's weights are loaded, while nothing is loaded into the optimizer, or into the scheduler that it steps.

    ## Why it hurts

    PyTorch's documentation ("Saving and Loading a General Checkpoint"): to resume, "you must save more than just the
    model's state_dict. It is important to also save the optimizer's state_dict". Momentum and Adam's averages start from
    zero, so that the loss jumps, and a new scheduler starts with the rate of the first epoch.

    ## Bad

    ```python
    import os

    import torch
    from torch import nn
    from torch.utils.data import DataLoader, TensorDataset

    torch.manual_seed(0)
    x, later = torch.randn(96, 5), torch.randn(32, 5)
    train_loader = DataLoader(TensorDataset(x, x.sum(1, keepdim=True)), batch_size=16, shuffle=True)
    model = nn.Linear(5, 1)
    optimizer = torch.optim.Adam(model.parameters(), lr=1e-2)
    scheduler = torch.optim.lr_scheduler.ExponentialLR(optimizer, gamma=0.9)
    start_epoch = 0

    if os.path.exists("weights-and-epoch.pt"):
        checkpoint = torch.load("weights-and-epoch.pt")
        model.load_state_dict(checkpoint["model"])  # expect: TL902
        start_epoch = checkpoint["epoch"] + 1

    for epoch in range(start_epoch, 5):
        model.train()
        for inputs, targets in train_loader:
            optimizer.zero_grad()
            loss = nn.functional.mse_loss(model(inputs), targets)
            loss.backward()
            optimizer.step()
        scheduler.step()
        model.eval()
        with torch.no_grad():
            val_loss = nn.functional.mse_loss(model(later), later.sum(1, keepdim=True)).item()
        print(epoch, loss.item(), val_loss)
        torch.save({"model": model.state_dict(), "epoch": epoch}, "weights-and-epoch.pt")
    ```

    ## Good

    ```python
    import os

    import torch
    from torch import nn
    from torch.utils.data import DataLoader, TensorDataset

    torch.manual_seed(0)
    x, later = torch.randn(96, 5), torch.randn(32, 5)
    train_loader = DataLoader(TensorDataset(x, x.sum(1, keepdim=True)), batch_size=16, shuffle=True)
    model = nn.Linear(5, 1)
    optimizer = torch.optim.Adam(model.parameters(), lr=1e-2)
    scheduler = torch.optim.lr_scheduler.ExponentialLR(optimizer, gamma=0.9)
    start_epoch = 0

    if os.path.exists("all-states.pt"):
        checkpoint = torch.load("all-states.pt")
        model.load_state_dict(checkpoint["model"])
        optimizer.load_state_dict(checkpoint["optimizer"])
        scheduler.load_state_dict(checkpoint["scheduler"])
        start_epoch = checkpoint["epoch"] + 1

    for epoch in range(start_epoch, 5):
        model.train()
        for inputs, targets in train_loader:
            optimizer.zero_grad()
            loss = nn.functional.mse_loss(model(inputs), targets)
            loss.backward()
            optimizer.step()
        scheduler.step()
        model.eval()
        with torch.no_grad():
            val_loss = nn.functional.mse_loss(model(later), later.sum(1, keepdim=True)).item()
        print(epoch, loss.item(), val_loss)
        states = {"model": model, "optimizer": optimizer, "scheduler": scheduler}
        torch.save({"epoch": epoch, **{name: part.state_dict() for name, part in states.items()}}, "all-states.pt")
    ```

    ## When it keeps silent

    For a warm start, where the epochs begin anew; for SGD without momentum, which has no state; for a scheduler that is
    told the epoch, is made with `last_epoch`, or is stepped up to where the run stopped; where a framework restores all,
    and where unknown code that loads or prepares has the optimizer.

    ## Remedy

    Save `optimizer.state_dict()` and `scheduler.state_dict()` beside the model's, and load them all.
    `trainlint.runtime.Checkpointer` keeps them, the random states and the best metric in one file.
    """

    code = "TL902"
    name = "resume-without-optimizer"
    level = Level.WARNING

    def check(self, trace: Trace) -> Iterator[Finding]:
        for place, lost in always_lost(trace, _lost):
            yield self.finding(
                place,
                f"The run resumes with these weights, but {lost} begins anew: its state is not restored."
                " Save its `state_dict()` in the checkpoint and load it here too.",
            )


def _lost(resumption: Resumption) -> str | None:
    optimizers = forgotten_optimizers(resumption)
    if optimizers:
        return title(optimizers[0], "the optimizer")
    schedulers = forgotten_schedulers(resumption)
    return title(schedulers[0], "the scheduler") if schedulers else None
