"""Updates from data that is to be held back."""

from __future__ import annotations

from collections.abc import Iterator

from trainlint.findings import Finding, Level
from trainlint.rule import Rule
from trainlint.trace import Trace
from trainlint.trace.events import Iterated
from trainlint.trace.tokens import HELD_OUT, Source, sources
from trainlint.trace.view import Training


class TrainingOnHeldOutData(Rule):
    """Parameters are updated from batches of test or validation data.

    ## What it finds

    A training loop whose gradients come from data that is test or validation data by what it was made from (the split
    given to the constructor, its folder or file), else by its name.

    ## Why it hurts

    What is measured on that data later tells how well the network remembers it, not how well it generalises, and every
    choice that rests on the number is void. "Common Practices, Part 1", P1: the test data stays in a vault, and nothing
    learns from it.

    ## Bad

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
        for x, y in val_loader:  # expect: TL103
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

    In a final refit on training and validation data together (a `ConcatDataset` of both), where training data takes
    part in the same update (the second level of meta-learning or architecture search), and where an option that is off
    by default chooses the data. Tests are left alone.

    ## Remedy

    Update from the training loader. `trainlint.runtime.check_splits` finds samples that two parts share, and
    `TestVault` refuses access to test data during the training.
    """

    code = "TL103"
    name = "training-on-held-out-data"
    level = Level.ERROR

    def check(self, trace: Trace) -> Iterator[Finding]:
        for run in trace.programs:
            for training in run.trainings:
                source = _held_out(training)
                if source is not None:
                    yield self.finding(
                        training.batch_loop.place,
                        f"Parameters are updated from {source.split} data ({source.label}): what is measured on it later "
                        "tells nothing. Train on the training data only.",
                        related=[(source.place, f"the {source.split} data is made here")],
                    )


def _held_out(training: Training) -> Source | None:
    """The held-out data of an update in which no training data takes part; None where training data is updated from as well
    by the same statement, which then serves several phases."""
    kinds = [{source.split for source in sources(backward.tokens)} for backward in training.backwards]
    if any("train" in splits or "unknown" in splits for splits in kinds):
        return None
    # A tensor that happens to be called `valid` (the labels of a GAN) is no data set: it is gone over, or made as one.
    iterated = {source for event in training.of(Iterated) for source in event.sources}
    held = [
        source
        for backward in training.backwards
        if not backward.offered
        for source in sources(backward.tokens)
        if source.split in HELD_OUT and (source.certain or source.place is not None or source in iterated)
    ]
    return min(held, key=lambda source: source.label, default=None)
