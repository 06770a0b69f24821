"""Held-out samples that are never measured."""

from __future__ import annotations

from collections.abc import Iterator

from trainlint.findings import Finding, Level
from trainlint.rule import Rule
from trainlint.trace import Trace
from trainlint.trace.edits import SAFE
from trainlint.trace.events import Made
from trainlint.trace.tokens import HELD_OUT
from trainlint.trace.values import Library


class EvaluationDropsLastBatch(Rule):
    """`drop_last=True` on a validation or test loader.

    ## What it finds

    A loader of validation or test data that drops its last, incomplete batch.

    ## Why it hurts

    Up to `batch_size - 1` samples are never measured, always the same ones as long as the order is fixed, and all of
    them where the data is smaller than one batch. Two batch sizes then give two different results. PyTorch's
    documentation of `torch.utils.data.DataLoader` describes `drop_last` as a means for batches of one size in training.

    ## Bad

    ```python
    import torch
    from torch import nn
    from torch.utils.data import DataLoader, TensorDataset, random_split

    torch.manual_seed(0)
    train_set, val_set = random_split(TensorDataset(torch.randn(256, 8), torch.randn(256, 1)), [192, 64])
    train_loader = DataLoader(train_set, batch_size=32, shuffle=True, drop_last=True)
    val_loader = DataLoader(val_set, batch_size=48, drop_last=True)  # expect: TL110

    model = nn.Linear(8, 1)
    criterion = nn.MSELoss()
    optimizer = torch.optim.SGD(model.parameters(), lr=0.01, momentum=0.9)
    scheduler = torch.optim.lr_scheduler.StepLR(optimizer, step_size=2)
    for epoch in range(3):
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

    ## Good

    ```python
    import torch
    from torch import nn
    from torch.utils.data import DataLoader, TensorDataset, random_split

    torch.manual_seed(0)
    train_set, val_set = random_split(TensorDataset(torch.randn(256, 8), torch.randn(256, 1)), [192, 64])
    train_loader = DataLoader(train_set, batch_size=32, shuffle=True, drop_last=True)
    val_loader = DataLoader(val_set, batch_size=48)

    model = nn.Linear(8, 1)
    criterion = nn.MSELoss()
    optimizer = torch.optim.SGD(model.parameters(), lr=0.01, momentum=0.9)
    scheduler = torch.optim.lr_scheduler.StepLR(optimizer, step_size=2)
    for epoch in range(3):
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

    For training loaders, where `drop_last` depends on what is not known, and where an option that is off by default
    turns it on. Tests are left alone.

    ## Remedy

    Leave `drop_last` out, and weigh the batches by their size where a mean is formed: `total += loss.item() * len(x)`,
    divided by the number of samples.

    ## Fix safety

    Safe: the argument is taken out, and the loader's default keeps the last batch.
    """

    code = "TL110"
    name = "evaluation-drops-last-batch"
    level = Level.WARNING

    def check(self, trace: Trace) -> Iterator[Finding]:
        for run in trace.programs:
            for made in run.of(Made):
                loader = made.thing
                if made.role != "loader" or made.offered or not isinstance(loader, Library) or loader.source is None:
                    continue
                source = loader.source
                drops = loader.constant(loader.parameter("drop_last")) is True
                if drops and source.split in HELD_OUT:
                    yield self.finding(
                        made.place,
                        f"This loader of {source.split} data drops its last batch: those samples are never measured. "
                        "Leave `drop_last` out here.",
                        related=[(source.parents[0].place if source.parents else None, "the data is made here")],
                        fix=trace.edit.fix(
                            "Keep the last batch",
                            SAFE,
                            trace.edit.remove_argument(made.place, loader.parameter("drop_last")),
                        ),
                    )
