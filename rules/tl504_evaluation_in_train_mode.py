"""TL504: an evaluation in train mode."""

from __future__ import annotations

from collections.abc import Iterator

from trainlint.findings import Finding, Level
from trainlint.rule import Rule
from trainlint.trace import Trace
from trainlint.trace.queries_evaluation import in_train_mode
from trainlint.trace.sequence import title


class EvaluationInTrainMode(Rule):
    """A network is evaluated in train mode.

    ## What it finds

    A loss or metric on validation or test data of a network that may hold dropout or batch norm, without `eval()` on the way.

    ## Why it hurts

    In train mode dropout drops units of the network that is to be measured, and batch norm normalises each sample by the
    others that happen to be in its batch, and takes the held-out data into its running statistics. The number depends on the
    batch size and the order, differs between two runs over the same data, and the network has seen the held-out data
    (PyTorch's documentation, "Autograd mechanics", "Evaluation Mode").

    ## Bad

    ```python
    import torch
    from torch import nn
    from torch.utils.data import DataLoader, TensorDataset

    torch.manual_seed(0)
    x = torch.randn(320, 4)
    y = x.sum(1, keepdim=True)
    train_loader = DataLoader(TensorDataset(x[:256], y[:256]), batch_size=32, shuffle=True)
    val_loader = DataLoader(TensorDataset(x[256:], y[256:]), batch_size=32)

    model = nn.Sequential(nn.Linear(4, 16), nn.BatchNorm1d(16), nn.ReLU(), nn.Linear(16, 1))
    optimizer = torch.optim.SGD(model.parameters(), lr=0.01, momentum=0.9)
    scheduler = torch.optim.lr_scheduler.StepLR(optimizer, step_size=2)
    criterion = nn.MSELoss()

    for epoch in range(4):
        for inputs, targets in train_loader:
            loss = criterion(model(inputs), targets)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
        scheduler.step()
        val_loss = 0.0
        with torch.no_grad():
            for inputs, targets in val_loader:  # expect: TL504
                val_loss += criterion(model(inputs), targets).item()
        print(epoch, loss.item(), val_loss / len(val_loader))
        torch.save(model.state_dict(), "last.pt")
    ```

    ## Good

    ```python
    import torch
    from torch import nn
    from torch.utils.data import DataLoader, TensorDataset

    torch.manual_seed(0)
    x = torch.randn(320, 4)
    y = x.sum(1, keepdim=True)
    train_loader = DataLoader(TensorDataset(x[:256], y[:256]), batch_size=32, shuffle=True)
    val_loader = DataLoader(TensorDataset(x[256:], y[256:]), batch_size=32)

    model = nn.Sequential(nn.Linear(4, 16), nn.BatchNorm1d(16), nn.ReLU(), nn.Linear(16, 1))
    optimizer = torch.optim.SGD(model.parameters(), lr=0.01, momentum=0.9)
    scheduler = torch.optim.lr_scheduler.StepLR(optimizer, step_size=2)
    criterion = nn.MSELoss()

    for epoch in range(4):
        model.train()
        for inputs, targets in train_loader:
            loss = criterion(model(inputs), targets)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
        scheduler.step()
        val_loss = 0.0
        model.eval()
        with torch.no_grad():
            for inputs, targets in val_loader:
                val_loss += criterion(model(inputs), targets).item()
        print(epoch, loss.item(), val_loss / len(val_loader))
        torch.save(model.state_dict(), "last.pt")
    ```

    ## When it keeps silent

    When the network is known and holds neither dropout nor batch norm; when its mode is not known; when `train()` is called
    for the evaluation on purpose, or the function's name says Monte-Carlo dropout; for torchvision's detectors, which compute
    losses in train mode only; and where a framework switches modes.

    ## Remedy

    Call `model.eval()` before the evaluation and `model.train()` after it. `trainlint.runtime.TrainingMonitor` reports
    evaluations in train mode while they happen.
    """

    code = "TL504"
    name = "evaluation-in-train-mode"
    level = Level.ERROR
    reads_recorded = True

    def check(self, trace: Trace) -> Iterator[Finding]:
        for run in trace.runs:
            for found in in_train_mode(run):
                source = found.evaluation.source
                data = f"`{source.label}`" if source is not None else "held-out data"
                yield self.finding(
                    found.place,
                    f"{title(found.forward.model, 'The network')} is evaluated on {data} in train mode, with dropout or"
                    " batch norm at work. Call `eval()` before.",
                    related=[(found.forward.place, "the forward pass is here")],
                )
