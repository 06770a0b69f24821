"""TL905: the model is saved after the last epoch only."""

from __future__ import annotations

from collections.abc import Iterator

from trainlint.findings import Finding, Level
from trainlint.rule import Rule
from trainlint.trace import Trace
from trainlint.trace.purpose import INPUT_OPTIMISATION, PASSING
from trainlint.trace.queries_runs import unanimous
from trainlint.trace.queries_saving import saved_at_the_end
from trainlint.trace.view import Training

_EXEMPT = PASSING | {INPUT_OPTIMISATION}


class OnlyFinalCheckpoint(Rule):
    """The model is saved once, when all epochs are over.

    ## What it finds

    A save of the model after an epoch loop in which nothing is saved.

    ## Why it hurts

    "Common Practices, Part 1, P20": save intermediate models, so that they can be tested later. A crash in the last
    epoch loses the run, and where it overfits towards the end, the better model before is gone.

    ## Bad

    ```python
    import torch
    from torch import nn
    from torch.utils.data import DataLoader, TensorDataset

    torch.manual_seed(0)
    angles, others = torch.rand(128, 2) * 3, torch.rand(32, 2) * 3
    train_loader = DataLoader(TensorDataset(angles, angles.sin()), batch_size=16, shuffle=True)
    model = nn.Sequential(nn.Linear(2, 16), nn.Tanh(), nn.Linear(16, 2))
    optimizer = torch.optim.AdamW(model.parameters(), lr=1e-2)
    scheduler = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, T_max=8)

    for epoch in range(8):
        model.train()
        for x, y in train_loader:
            optimizer.zero_grad()
            loss = nn.functional.mse_loss(model(x), y)
            loss.backward()
            optimizer.step()
        scheduler.step()
        model.eval()
        with torch.no_grad():
            val_loss = nn.functional.mse_loss(model(others), others.sin()).item()
        print(epoch, loss.item(), val_loss)
    torch.save(model.state_dict(), "sine.pt")  # expect: TL905
    ```

    ## Good

    ```python
    import torch
    from torch import nn
    from torch.utils.data import DataLoader, TensorDataset

    torch.manual_seed(0)
    angles, others = torch.rand(128, 2) * 3, torch.rand(32, 2) * 3
    train_loader = DataLoader(TensorDataset(angles, angles.sin()), batch_size=16, shuffle=True)
    model = nn.Sequential(nn.Linear(2, 16), nn.Tanh(), nn.Linear(16, 2))
    optimizer = torch.optim.AdamW(model.parameters(), lr=1e-2)
    scheduler = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, T_max=8)

    for epoch in range(8):
        model.train()
        for x, y in train_loader:
            optimizer.zero_grad()
            loss = nn.functional.mse_loss(model(x), y)
            loss.backward()
            optimizer.step()
        scheduler.step()
        model.eval()
        with torch.no_grad():
            val_loss = nn.functional.mse_loss(model(others), others.sin()).item()
        print(epoch, loss.item(), val_loss)
        torch.save(model.state_dict(), f"sine-{epoch}.pt")
    ```

    ## When it keeps silent

    Where anything is saved in the epoch loop, also behind an option; where unknown code is handed the model there; for
    a single loop without epochs; and for tests, benchmarks, overfit checks and what trains nothing that lasts.

    ## Remedy

    Save after each epoch, or each time that the validation loss improves. `trainlint.runtime.Checkpointer` keeps the
    last and the best.
    """

    code = "TL905"
    name = "only-final-checkpoint"
    level = Level.ADVICE

    def check(self, trace: Trace) -> Iterator[Finding]:
        for training in unanimous(trace, _saves_at_the_end, lambda training: training.place):
            saved = saved_at_the_end(training)
            if saved is not None:
                yield self.finding(
                    saved.place,
                    "The model is saved only here, after the last epoch: a crash before loses the run, and no"
                    " intermediate model can be tested. Save in the epoch loop too.",
                    related=[(training.place, "the epoch loop")],
                )


def _saves_at_the_end(training: Training) -> bool | None:
    if training.exemptions & _EXEMPT:
        return None
    return saved_at_the_end(training) is not None
