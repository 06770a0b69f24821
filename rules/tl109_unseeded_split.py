"""Splits that are drawn anew each time."""

from __future__ import annotations

from collections.abc import Iterator

from trainlint.findings import Finding, Level
from trainlint.rule import Rule
from trainlint.trace import Trace
from trainlint.trace.events import SplitDrawn
from trainlint.trace.queries_splits import seed_before, writes_parts
from trainlint.trace.view import Run

HOW = {"permutation": "a random order", "mask": "a random mask"}


class UnseededSplit(Rule):
    """Train, validation and test data are parted at random, and nothing fixes the draw.

    ## What it finds

    A random split with neither a seed of its own (`generator=`, `random_state=`) nor a global seed of the library that
    draws it set before, one whose seed differs by rank, and a seeded split over an order that is not fixed itself
    (`os.listdir`, `glob`, a `set`, unsorted).

    ## Why it hurts

    A resumed run, the next run, or another process of the same run draws other parts: samples that were trained on
    become validation or test data. PyTorch's notes on reproducibility name the seeds; Python's documentation says of
    `os.listdir` that "the list is in arbitrary order".

    ## Bad

    ```python
    import torch
    from torch import nn
    from torch.utils.data import DataLoader, TensorDataset, random_split

    dataset = TensorDataset(torch.randn(256, 8), torch.randn(256, 1))
    train_set, val_set = random_split(dataset, [192, 64])  # expect: TL109
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

    ## Good

    ```python
    import torch
    from torch import nn
    from torch.utils.data import DataLoader, TensorDataset, random_split

    dataset = TensorDataset(torch.randn(256, 8), torch.randn(256, 1))
    train_set, val_set = random_split(dataset, [192, 64], generator=torch.Generator().manual_seed(0))
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

    Where a seed is offered by an option, where unknown code may have set it, in functions that nothing in the linted
    project calls (their caller may seed), and in scripts that part the data once and write the parts to disk. Tests
    are left alone.

    ## Remedy

    `random_split(dataset, lengths, generator=torch.Generator().manual_seed(0))`, `train_test_split(...,
    random_state=0)`, `sorted(os.listdir(folder))`; or `trainlint.runtime.split_dataset`, which is always seeded.
    """

    code = "TL109"
    name = "unseeded-split"
    level = Level.WARNING

    def check(self, trace: Trace) -> Iterator[Finding]:
        for run in trace.programs:
            if not run.trainings:
                continue
            for split in run.of(SplitDrawn):
                in_training = any(split.inside(training.loop) for training in run.trainings)
                if not split.offered and not in_training and not writes_parts(run, split):
                    yield from self._judge(run, split)

    def _judge(self, run: Run, split: SplitDrawn) -> Iterator[Finding]:
        seed = seed_before(run, split)
        if split.seeded is False and seed is None and run.kind == "script":
            message = (
                f"The data is split by {HOW.get(split.how, f'`{split.how}`')} and no seed is set before: a resumed run, "
                "or another process, mixes the parts. Give the split a seed of its own."
            )
            yield self.finding(split.place, message)
        elif split.seeded is False and seed is not None and seed.by_rank:
            message = "The split is drawn by a seed that differs by rank: each process holds back other samples."
            yield self.finding(split.place, message, related=[(seed.place, "the seed is set here")])
        elif not split.order_fixed:
            message = (
                "The split is seeded, but the order of what it splits is not fixed: on another machine, or after a change "
                "to the folder, the parts differ. Sort first."
            )
            yield self.finding(split.place, message, related=[(split.order_place, "the order is made here")])
