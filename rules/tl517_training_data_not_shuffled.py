"""Training batches that are the same in every epoch."""

from __future__ import annotations

from collections.abc import Iterator

from trainlint.findings import Finding, Level
from trainlint.rule import Rule
from trainlint.trace import Trace
from trainlint.trace.edits import UNSAFE
from trainlint.trace.queries_order import loaders_in_order
from trainlint.trace.survey import label


class TrainingDataNotShuffled(Rule):
    """The training loader goes over its data in the same order each epoch.

    ## What it finds

    A loader of a map-style data set that is trained on, with neither `shuffle=True` nor a sampler.

    ## Why it hurts

    Data on disk is often sorted (by class, by day, by patient): each batch then holds one kind, and the gradient of a
    batch is no estimate of that of the whole. Even in a random order the same batches come back each epoch. "Common
    Practices, Part 1", P7: stochastic gradient descent draws its mini-batches at random. PyTorch's default is
    `shuffle=False`.

    ## Bad

    ```python
    import torch
    from torch import nn
    from torch.utils.data import DataLoader, TensorDataset, random_split

    torch.manual_seed(0)
    train_set, val_set = random_split(TensorDataset(torch.randn(256, 8), torch.randn(256, 1)), [192, 64])
    train_loader = DataLoader(train_set, batch_size=32)  # expect: TL517
    val_loader = DataLoader(val_set, batch_size=64)

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
    train_loader = DataLoader(train_set, batch_size=32, shuffle=True)
    val_loader = DataLoader(val_set, batch_size=64)

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

    For iterable data sets, data sets that draw their samples themselves or whose kind is not known, networks that carry
    a state from batch to batch (the order matters to them), one batch that holds everything, where the default path
    shuffles, for a single pass over the data, and where features are taken from the batches first and trained on
    afterwards. Tests are left alone.

    ## Remedy

    `DataLoader(train_set, batch_size=..., shuffle=True)`; with a sampler (`DistributedSampler`) the sampler shuffles.

    ## Fix safety

    Unsafe: another order gives other numbers, and some data is ordered on purpose.
    """

    code = "TL517"
    name = "training-data-not-shuffled"
    level = Level.WARNING

    def check(self, trace: Trace) -> Iterator[Finding]:
        for run in trace.programs:
            for training in run.trainings:
                for loader in loaders_in_order(training):
                    assert loader.place is not None
                    data = run.survey.bases(loader)[0]
                    yield self.finding(
                        loader.place,
                        f"The training data comes in the same order each epoch: this loader of {label(data)} has neither "
                        "`shuffle=True` nor a sampler.",
                        related=[
                            (data.place, "the data set is made here"),
                            (training.place, "it is trained on here"),
                        ],
                        fix=trace.edit.fix(
                            "Shuffle", UNSAFE, trace.edit.set_argument(loader.place, "shuffle", "True", position=2)
                        ),
                    )
