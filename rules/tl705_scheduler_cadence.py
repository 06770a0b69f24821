"""TL705: a schedule that counts epochs steps every batch, or the other way round."""

from __future__ import annotations

from collections.abc import Iterator

from trainlint.findings import Finding, Level
from trainlint.rule import Rule
from trainlint.trace import Trace
from trainlint.trace.anatomy import plain
from trainlint.trace.describe import called
from trainlint.trace.events import LoopKind, SchedulerStep
from trainlint.trace.purpose import TEST_CODE
from trainlint.trace.queries_cadence import cadence, unit
from trainlint.trace.values import Library
from trainlint.trace.view import Training


class SchedulerCadence(Rule):
    """A learning-rate schedule is stepped in another unit than the one its constants count.

    ## What it finds

    A schedule over epochs (`StepLR`, `MultiStepLR`, `ExponentialLR`, `ReduceLROnPlateau`, a cosine whose `T_max` is the
    number of epochs) that steps in the batch loop, and a schedule over batches (`OneCycleLR`, `CyclicLR`, a length
    computed from the number of batches) that steps once an epoch.

    ## Why it hurts

    A rate meant to fall every 30 epochs falls every 30 batches and is gone before the first epoch ends; a one-cycle
    schedule stepped once an epoch never leaves its warm-up. "Common Practices, Part 1, P29" warns of too fast a
    cool-down; PyTorch's documentation of `OneCycleLR` and `CyclicLR` says that `step` belongs after every batch.

    ## Bad

    ```python
    import torch
    from torch import nn
    from torch.utils.data import DataLoader, TensorDataset

    EPOCHS = 6
    torch.manual_seed(0)
    signal, noise = torch.randn(160, 5), torch.randn(40, 5)
    train_loader = DataLoader(TensorDataset(signal, signal.cumsum(1)), batch_size=20, shuffle=True)
    val_loader = DataLoader(TensorDataset(noise, noise.cumsum(1)), batch_size=40)
    model = nn.Sequential(nn.Linear(5, 24), nn.GELU(), nn.Linear(24, 5))
    optimizer = torch.optim.AdamW(model.parameters(), lr=1e-2)
    scheduler = torch.optim.lr_scheduler.MultiStepLR(optimizer, milestones=[3, 5], gamma=0.2)

    for epoch in range(EPOCHS):
        model.train()
        for x, y in train_loader:
            loss = nn.functional.l1_loss(model(x), y)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            scheduler.step()  # expect: TL705
        model.eval()
        with torch.no_grad():
            val_loss = sum(nn.functional.l1_loss(model(x), y).item() for x, y in val_loader) / len(val_loader)
        print(epoch, loss.item(), val_loss)
        torch.save(model.state_dict(), "last.pt")
    ```

    ## Good

    ```python
    import torch
    from torch import nn
    from torch.utils.data import DataLoader, TensorDataset

    EPOCHS = 6
    torch.manual_seed(0)
    signal, noise = torch.randn(160, 5), torch.randn(40, 5)
    train_loader = DataLoader(TensorDataset(signal, signal.cumsum(1)), batch_size=20, shuffle=True)
    val_loader = DataLoader(TensorDataset(noise, noise.cumsum(1)), batch_size=40)
    model = nn.Sequential(nn.Linear(5, 24), nn.GELU(), nn.Linear(24, 5))
    optimizer = torch.optim.AdamW(model.parameters(), lr=1e-2)
    scheduler = torch.optim.lr_scheduler.MultiStepLR(optimizer, milestones=[3, 5], gamma=0.2)

    for epoch in range(EPOCHS):
        model.train()
        for x, y in train_loader:
            loss = nn.functional.l1_loss(model(x), y)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
        scheduler.step()
        model.eval()
        with torch.no_grad():
            val_loss = sum(nn.functional.l1_loss(model(x), y).item() for x, y in val_loader) / len(val_loader)
        print(epoch, loss.item(), val_loss)
        torch.save(model.state_dict(), "last.pt")
    ```

    ## When it keeps silent

    Where the constants fit the cadence (`total_steps` equal to the number of epochs, a step size beyond the number of
    epochs), where they aren't known, where the loop counts iterations rather than epochs, and where a condition
    decides in which batches the scheduler steps (a validation every n batches); and in tests.

    ## Remedy

    Move `scheduler.step()` to the end of the epoch for schedules over epochs, and behind `optimizer.step()` for
    schedules over batches; or give the schedule its lengths in the other unit. `trainlint.runtime.plot_schedule`
    draws what a schedule does over a run.
    """

    code = "TL705"
    name = "scheduler-cadence"
    level = Level.ERROR

    def check(self, trace: Trace) -> Iterator[Finding]:
        for run in trace.runs:
            for training in run.trainings:
                if TEST_CODE not in training.exemptions:
                    yield from self._of_training(training)

    def _of_training(self, training: Training) -> Iterator[Finding]:
        for step in training.of(SchedulerStep):
            scheduler = plain(step.scheduler)
            if step.offered or not isinstance(scheduler, Library):
                continue
            often, counts = cadence(step, training), unit(scheduler, training.loop.rounds)
            if often is None or counts is None or often == counts:
                continue
            where = "after `optimizer.step()` in the batch loop" if counts == "batch" else "at the end of the epoch"
            counted = "batches" if counts == "batch" else "epochs"
            framework = training.loop.kind is LoopKind.FRAMEWORK
            yield self.finding(
                scheduler.place if framework and scheduler.place is not None else step.place,
                f"{called(scheduler)} counts {counted}, but steps once {'a batch' if often == 'batch' else 'an epoch'}."
                f" Step it {where}.",
                related=[(scheduler.place, "the schedule is made here")],
            )
