"""TL901: the trained model is never saved."""

from __future__ import annotations

from collections.abc import Iterator

from trainlint.findings import Finding, Level
from trainlint.rule import Rule
from trainlint.trace import Trace
from trainlint.trace.purpose import INPUT_OPTIMISATION, PASSING
from trainlint.trace.queries_runs import unanimous
from trainlint.trace.queries_saving import hands_model_back, is_a_trial, saves_model
from trainlint.trace.view import Training

_EXEMPT = PASSING | {INPUT_OPTIMISATION}


class NoCheckpoint(Rule):
    """A run trains a model and never saves it.

    ## What it finds

    A training in whose run nothing writes the model to disk: no `torch.save`, `save_pretrained`, checkpoint callback,
    pickle or export.

    ## Why it hurts

    "Common Practices, Part 1, P20": save intermediate models, so that they can be tested later. When the process ends,
    the training is lost, and a crash in the last epoch loses all of it.

    ## Bad

    ```python
    import torch
    from torch import nn
    from torch.utils.data import DataLoader, TensorDataset

    torch.manual_seed(0)
    series, later = torch.randn(128, 12).cumsum(1), torch.randn(32, 12).cumsum(1)
    train_loader = DataLoader(TensorDataset(series[:, :11], series[:, 11:]), batch_size=16, shuffle=True)
    val_loader = DataLoader(TensorDataset(later[:, :11], later[:, 11:]), batch_size=32)
    model = nn.Linear(11, 1)
    optimizer = torch.optim.SGD(model.parameters(), lr=1e-3, momentum=0.9)
    scheduler = torch.optim.lr_scheduler.StepLR(optimizer, step_size=2, gamma=0.5)

    for epoch in range(6):  # expect: TL901
        model.train()
        total = 0.0
        for x, y in train_loader:
            optimizer.zero_grad()
            loss = nn.functional.mse_loss(model(x), y)
            loss.backward()
            optimizer.step()
            total += loss.item()
        scheduler.step()
        model.eval()
        with torch.no_grad():
            val_loss = sum(nn.functional.mse_loss(model(x), y).item() for x, y in val_loader) / len(val_loader)
        print(epoch, total / len(train_loader), val_loss)
    ```

    ## Good

    ```python
    import torch
    from torch import nn
    from torch.utils.data import DataLoader, TensorDataset

    torch.manual_seed(0)
    series, later = torch.randn(128, 12).cumsum(1), torch.randn(32, 12).cumsum(1)
    train_loader = DataLoader(TensorDataset(series[:, :11], series[:, 11:]), batch_size=16, shuffle=True)
    val_loader = DataLoader(TensorDataset(later[:, :11], later[:, 11:]), batch_size=32)
    model = nn.Linear(11, 1)
    optimizer = torch.optim.SGD(model.parameters(), lr=1e-3, momentum=0.9)
    scheduler = torch.optim.lr_scheduler.StepLR(optimizer, step_size=2, gamma=0.5)

    for epoch in range(6):
        model.train()
        total = 0.0
        for x, y in train_loader:
            optimizer.zero_grad()
            loss = nn.functional.mse_loss(model(x), y)
            loss.backward()
            optimizer.step()
            total += loss.item()
        scheduler.step()
        model.eval()
        with torch.no_grad():
            val_loss = sum(nn.functional.mse_loss(model(x), y).item() for x, y in val_loader) / len(val_loader)
        print(epoch, total / len(train_loader), val_loss)
        torch.save(model.state_dict(), f"forecaster-{epoch}.pt")
    ```

    ## When it keeps silent

    Where the model is saved anywhere in the run, also behind an option; where a framework does it (Lightning, the
    Hugging Face Trainer); where unknown code is handed the model or the trainer; where a function trains a model that
    its caller holds; where a search for hyper-parameters trains its candidates (`objective`); for tests, benchmarks,
    overfit checks and what trains nothing that lasts.

    ## Remedy

    `torch.save(model.state_dict(), path)` once an epoch, and a copy of the best epoch by validation loss.
    `trainlint.runtime.Checkpointer` keeps both, complete and resumable.
    """

    code = "TL901"
    name = "no-checkpoint"
    level = Level.WARNING
    reads_recorded = True

    def check(self, trace: Trace) -> Iterator[Finding]:
        for training in unanimous(trace, _lacks_checkpoint, lambda training: training.place):
            yield self.finding(
                training.place,
                "The model is trained here and never saved: what it learnt is lost when the program ends."
                " Save its state dict after each epoch.",
            )


def _lacks_checkpoint(training: Training) -> bool | None:
    if saves_model(training.run):
        return False
    if not training.models or hands_model_back(training) or training.exemptions & _EXEMPT or is_a_trial(training):
        return None
    return True
