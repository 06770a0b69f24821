"""TL702: the scheduler steps before the optimizer's first step."""

from __future__ import annotations

from collections.abc import Iterator

from trainlint.findings import Finding, Fix, Level
from trainlint.rule import Rule
from trainlint.trace import Trace
from trainlint.trace.anatomy import plain
from trainlint.trace.edits import SAFE, Editor
from trainlint.trace.events import OptimizerStep, SchedulerStep
from trainlint.trace.queries_cadence import doubtful
from trainlint.trace.queries_schedules import first_step, is_torch_like
from trainlint.trace.values import Library
from trainlint.trace.view import Run


class SchedulerBeforeOptimizer(Rule):
    """The learning-rate scheduler moves on before the optimizer has made a step.

    ## What it finds

    `scheduler.step()` in a training loop at a place that the first round reaches before the first `optimizer.step()`:
    at the beginning of the epoch, or in front of the optimizer's step in the batch loop.

    ## Why it hurts

    PyTorch's documentation: since version 1.1 a scheduler that steps first skips the first value of its schedule. A
    warm-up starts too high, every milestone comes one step too early ("Common Practices, Part 1, P30" counts on decay
    where it is put), and the warning that PyTorch prints is easily lost in the log.

    ## Bad

    ```python
    import torch
    from torch import nn
    from torch.utils.data import DataLoader, TensorDataset


    def train(model, train_loader, val_loader, epochs):
        optimizer = torch.optim.SGD(model.parameters(), lr=0.1, momentum=0.9)
        scheduler = torch.optim.lr_scheduler.StepLR(optimizer, step_size=2, gamma=0.1)
        criterion = nn.CrossEntropyLoss()
        for epoch in range(epochs):
            scheduler.step()  # expect: TL702
            model.train()
            for x, y in train_loader:
                optimizer.zero_grad()
                loss = criterion(model(x), y)
                loss.backward()
                optimizer.step()
            model.eval()
            with torch.no_grad():
                correct = sum((model(x).argmax(1) == y).sum().item() for x, y in val_loader)
            print(epoch, loss.item(), correct / len(val_loader.dataset))
            torch.save(model.state_dict(), "last.pt")


    def blobs(count):
        labels = torch.randint(0, 2, (count,))
        return TensorDataset(torch.randn(count, 6) + labels[:, None], labels)


    torch.manual_seed(0)
    train(nn.Linear(6, 2), DataLoader(blobs(96), batch_size=16, shuffle=True), DataLoader(blobs(32), batch_size=32), 4)
    ```

    ## Good

    ```python
    import torch
    from torch import nn
    from torch.utils.data import DataLoader, TensorDataset


    def train(model, train_loader, val_loader, epochs):
        optimizer = torch.optim.SGD(model.parameters(), lr=0.1, momentum=0.9)
        scheduler = torch.optim.lr_scheduler.StepLR(optimizer, step_size=2, gamma=0.1)
        criterion = nn.CrossEntropyLoss()
        for epoch in range(epochs):
            model.train()
            for x, y in train_loader:
                optimizer.zero_grad()
                loss = criterion(model(x), y)
                loss.backward()
                optimizer.step()
            scheduler.step()
            model.eval()
            with torch.no_grad():
                correct = sum((model(x).argmax(1) == y).sum().item() for x, y in val_loader)
            print(epoch, loss.item(), correct / len(val_loader.dataset))
            torch.save(model.state_dict(), "last.pt")


    def blobs(count):
        labels = torch.randint(0, 2, (count,))
        return TensorDataset(torch.randn(count, 6) + labels[:, None], labels)


    torch.manual_seed(0)
    train(nn.Linear(6, 2), DataLoader(blobs(96), batch_size=16, shuffle=True), DataLoader(blobs(32), batch_size=32), 4)
    ```

    ## When it keeps silent

    For schedulers whose `step` takes the number of the epoch (timm's, or torch's where it is given), which may well be set before the
    first step; for `ReduceLROnPlateau`; where a condition keeps the first round out (`if epoch > 0`); and for steps
    before the training, which wind a schedule forward to the epoch that a run resumes at.

    ## Remedy

    Call `scheduler.step()` after the optimizer's step: at the end of the epoch, or right behind `optimizer.step()` for
    schedules that count batches.

    ## Fix safety

    Safe: the scheduler's step moves behind the optimizer's, or to the end of its block.
    """

    code = "TL702"
    name = "scheduler-before-optimizer"
    level = Level.ERROR
    reads_recorded = True

    def check(self, trace: Trace) -> Iterator[Finding]:
        for run in trace.runs:
            for step in _first_steps(run):
                if _too_early(run, step):
                    scheduler = plain(step.scheduler)
                    update = first_step(run, scheduler)
                    called = f"`{scheduler.name}`" if scheduler.name else "The scheduler"
                    yield self.finding(
                        step.place,
                        f"{called} steps before the optimizer's first step, so the first learning rate of the schedule"
                        " is skipped. Step the scheduler after `optimizer.step()`.",
                        related=[(update.place if update else None, "the optimizer's first step comes after it, here")],
                        fix=_reordered(trace.edit, step, update),
                    )


def _first_steps(run: Run) -> Iterator[SchedulerStep]:
    """The first step of each scheduler in the training, on the default path: those before it wind the schedule forward."""
    seen: set[int] = set()
    for step in run.of(SchedulerStep):
        scheduler = plain(step.scheduler)
        if step.offered or id(scheduler) in seen:
            continue
        update = first_step(run, scheduler)
        if update is None or update.order < step.order or _in_training(step, update):
            seen.add(id(scheduler))
            yield step


def _in_training(step: SchedulerStep, update: OptimizerStep) -> bool:
    return any(step.inside(frame.loop) for frame in update.frames if not frame.loop.unrolled)


def _too_early(run: Run, step: SchedulerStep) -> bool:
    scheduler = plain(step.scheduler)
    if not is_torch_like(scheduler) or step.metric is not None:
        return False
    if isinstance(scheduler, Library) and scheduler.trait("cadence") == "metric":
        return False
    update = first_step(run, scheduler)
    if update is None or update.order < step.order or doubtful(step, [update]):
        return False
    return _in_training(step, update)


def _reordered(edit: Editor, step: SchedulerStep, update: OptimizerStep | None) -> Fix | None:
    """Behind the update where both stand in one block, else at the end of the round of the epoch loop that holds both."""
    if update is None:
        return None
    if edit.same_block(step.place, update.place):
        return edit.fix("Step the scheduler after the optimizer", SAFE, *edit.move_after(step.place, update.place))
    return edit.fix("Step the scheduler at the end of the round", SAFE, *edit.move_to_end(step.place))
