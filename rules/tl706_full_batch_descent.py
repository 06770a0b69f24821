"""TL706: each step sees the whole training set."""

from __future__ import annotations

from collections.abc import Iterator

from trainlint.findings import Finding, Level
from trainlint.rule import Rule
from trainlint.trace import Trace
from trainlint.trace.queries_whole_sets import whole_set_inputs, whole_set_loaders
from trainlint.trace.survey import label
from trainlint.trace.view import Training


class FullBatchDescent(Rule):
    """The whole training set is one batch: each epoch is a single step.

    ## What it finds

    An epoch loop that puts the whole training set through the network and makes one step of it, without mini-batches; and a loader
    whose one batch holds all (`batch_size=len(train_set)`, or a large batch that is taken once before the epochs).

    ## Why it hurts

    A step on all samples costs as much as an epoch of mini-batch steps, and moves the weights once. "Common Practices, Part 1", P25:
    do not descend on the full batch; P26: the noise of mini-batches also helps out of sharp minima, and the memory that they take
    doesn't grow with the data.

    ## Bad

    ```python
    import torch
    from torch import nn

    torch.manual_seed(0)
    sensors = torch.randn(500, 12)
    wear = sensors.square().mean(1, keepdim=True)
    x_train, y_train, x_val, y_val = sensors[:400], wear[:400], sensors[400:], wear[400:]
    model = nn.Sequential(nn.Linear(12, 32), nn.ReLU(), nn.Linear(32, 1))
    criterion = nn.MSELoss()
    optimizer = torch.optim.AdamW(model.parameters(), lr=1e-3)
    scheduler = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, T_max=40)

    for epoch in range(40):  # expect: TL706
        model.train()
        loss = criterion(model(x_train), y_train)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        scheduler.step()
        model.eval()
        with torch.no_grad():
            print(epoch, loss.item(), criterion(model(x_val), y_val).item())
        torch.save(model.state_dict(), "last.pt")
    ```

    ## Good

    ```python
    import torch
    from torch import nn

    torch.manual_seed(0)
    sensors = torch.randn(500, 12)
    wear = sensors.square().mean(1, keepdim=True)
    x_train, y_train, x_val, y_val = sensors[:400], wear[:400], sensors[400:], wear[400:]
    model = nn.Sequential(nn.Linear(12, 32), nn.ReLU(), nn.Linear(32, 1))
    criterion = nn.MSELoss()
    optimizer = torch.optim.AdamW(model.parameters(), lr=1e-3)
    scheduler = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, T_max=40)

    for epoch in range(40):
        model.train()
        for rows in torch.randperm(len(x_train)).split(50):
            loss = criterion(model(x_train[rows]), y_train[rows])
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
        scheduler.step()
        model.eval()
        with torch.no_grad():
            print(epoch, loss.item(), criterion(model(x_val), y_val).item())
        torch.save(model.state_dict(), "last.pt")
    ```

    ## When it keeps silent

    For networks over one graph, physics-informed ones, fits of a single layer, `LBFGS` (which needs a loss without noise), adversarial
    training, reinforcement learning and inputs that are optimised; where the data isn't known to be a training set, and where each
    round of the loop computes what it puts in.

    ## Remedy

    `DataLoader(TensorDataset(x, y), batch_size=64, shuffle=True)`, or `torch.randperm(len(x)).split(64)` for tensors in memory.
    `trainlint.runtime.gradient_noise_scale` measures which size pays.
    """

    code = "TL706"
    name = "full-batch-descent"
    level = Level.WARNING

    def check(self, trace: Trace) -> Iterator[Finding]:
        for run in trace.runs:
            for training in run.trainings if run.complete else ():
                yield from self._of_training(training)

    def _of_training(self, training: Training) -> Iterator[Finding]:
        for loader in whole_set_loaders(training):
            assert loader.place is not None
            yield self.finding(
                loader.place,
                f"The one batch of {label(loader)} holds all that is trained on: each epoch is a single step. Take mini-batches.",
                related=[(training.place, "it is trained on here")],
            )
            return
        inputs = whole_set_inputs(training)
        if inputs:
            name = next((value.name for value in inputs if value.name), None)
            yield self.finding(
                training.place,
                f"Each round of this loop puts all of {f'`{name}`' if name else 'the training data'} through the network for a single"
                " step. Take mini-batches, shuffled anew in each epoch.",
            )
