"""Held-out data that is not held out."""

from __future__ import annotations

from collections.abc import Iterator

from trainlint.findings import Finding, Level
from trainlint.rule import Rule
from trainlint.trace import Trace
from trainlint.trace.queries_overlap import Overlap, overlaps


class ValidationIsTrainingData(Rule):
    """The data called validation or test is the training data.

    ## What it finds

    Held-out data that is the data set trained on: the same object without disjoint parts, a second object over the same
    folder or file, or a part whose indices overlap those of the training part.

    ## Why it hurts

    The validation loss then falls with the training loss and can't show overfitting: the run looks best when it
    memorises most. "Common Practices, Part 1", P6, needs data on which the network is not updated.

    ## Bad

    ```python
    import torch
    from torch import nn
    from torch.utils.data import DataLoader, TensorDataset, random_split

    torch.manual_seed(0)
    dataset = TensorDataset(torch.randn(256, 8), torch.randn(256, 1))
    train_loader = DataLoader(dataset, batch_size=32, shuffle=True)
    val_loader = DataLoader(dataset, batch_size=64)  # expect: TL105

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
    dataset = TensorDataset(torch.randn(256, 8), torch.randn(256, 1))
    train_set, val_set = random_split(dataset, [192, 64])
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

    Where the two take disjoint parts of one data set (`random_split`, subsets, samplers, masks of one graph), where
    what a data set reads depends on arguments that are not known, and for loaders that are named after the training
    data (measuring the training error beside the validation error is good practice). Tests are left alone.

    ## Remedy

    Split once, before anything else: `torch.utils.data.random_split` with a seeded generator, or
    `trainlint.runtime.split_dataset`. `trainlint.runtime.check_splits` compares the parts sample by sample.
    """

    code = "TL105"
    name = "validation-is-training-data"
    level = Level.ERROR

    def check(self, trace: Trace) -> Iterator[Finding]:
        for run in trace.programs:
            if run.trainings:
                for overlap in overlaps(run):
                    yield self._speak(overlap)

    def _speak(self, overlap: Overlap) -> Finding:
        return self.finding(
            overlap.place,
            f"{overlap.held_out} holds the training data: {overlap.how}. Hold back samples that are never trained on.",
            related=[(overlap.training_place, "the training data is made here")],
        )
