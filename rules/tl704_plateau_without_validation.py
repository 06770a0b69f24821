"""TL704: a plateau schedule that isn't told a validation metric."""

from __future__ import annotations

from collections.abc import Iterator

from trainlint.findings import Finding, Level
from trainlint.rule import Rule
from trainlint.trace import Trace
from trainlint.trace.queries_plateau import Misled, misled_plateaus


class PlateauWithoutValidation(Rule):
    """`ReduceLROnPlateau` is stepped with no metric, with the training loss, or with a metric that moves the other way.

    ## What it finds

    A `step()` of `ReduceLROnPlateau` without a number; with the training loss in an epoch loop that evaluates validation data; in mode
    `min` with a metric that rises (accuracy, F1, AUC, IoU, ...), or in mode `max` with a loss.

    ## Why it hurts

    The schedule lowers the rate when its number stops improving. The training loss goes on falling while the network overfits, so that the
    rate stays high when it should fall. In the wrong mode every improvement counts as a plateau: the rate collapses within a few epochs.
    "Common Practices, Part 1", P30 and P17: decay on a plateau of what is measured on validation data. PyTorch's documentation of
    `ReduceLROnPlateau` steps it by the validation loss.

    ## Bad

    ```python
    import torch
    from torch import nn
    from torch.utils.data import DataLoader, TensorDataset

    torch.manual_seed(0)
    gaits = torch.randn(260, 10)
    kinds = (gaits[:, :5].sum(1) > gaits[:, 5:].sum(1)).long()
    train_loader = DataLoader(TensorDataset(gaits[:200], kinds[:200]), batch_size=20, shuffle=True)
    val_loader = DataLoader(TensorDataset(gaits[200:], kinds[200:]), batch_size=60)
    model = nn.Sequential(nn.Linear(10, 32), nn.ReLU(), nn.Linear(32, 2))
    optimizer = torch.optim.SGD(model.parameters(), lr=0.05, momentum=0.9)
    scheduler = torch.optim.lr_scheduler.ReduceLROnPlateau(optimizer, patience=1)

    for epoch in range(5):
        model.train()
        for gait, kind in train_loader:
            loss = nn.functional.cross_entropy(model(gait), kind)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
        model.eval()
        with torch.no_grad():
            val_acc = sum((model(gait).argmax(1) == kind).sum().item() for gait, kind in val_loader) / 60
        scheduler.step(val_acc)  # expect: TL704
        print(epoch, loss.item(), val_acc)
        torch.save(model.state_dict(), "last.pt")
    ```

    ## Good

    ```python
    import torch
    from torch import nn
    from torch.utils.data import DataLoader, TensorDataset

    torch.manual_seed(0)
    gaits = torch.randn(260, 10)
    kinds = (gaits[:, :5].sum(1) > gaits[:, 5:].sum(1)).long()
    train_loader = DataLoader(TensorDataset(gaits[:200], kinds[:200]), batch_size=20, shuffle=True)
    val_loader = DataLoader(TensorDataset(gaits[200:], kinds[200:]), batch_size=60)
    model = nn.Sequential(nn.Linear(10, 32), nn.ReLU(), nn.Linear(32, 2))
    optimizer = torch.optim.SGD(model.parameters(), lr=0.05, momentum=0.9)
    scheduler = torch.optim.lr_scheduler.ReduceLROnPlateau(optimizer, mode="max", patience=1)

    for epoch in range(5):
        model.train()
        for gait, kind in train_loader:
            loss = nn.functional.cross_entropy(model(gait), kind)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
        model.eval()
        with torch.no_grad():
            val_acc = sum((model(gait).argmax(1) == kind).sum().item() for gait, kind in val_loader) / 60
        scheduler.step(val_acc)
        print(epoch, loss.item(), val_acc)
        torch.save(model.state_dict(), "last.pt")
    ```

    ## When it keeps silent

    With the training loss where the epoch loop evaluates no validation data, or only now and then; where the name of the metric doesn't
    tell which way it moves (a score), or tells that it was turned round; and where the schedule is stepped in the batch loop (TL705).

    ## Remedy

    Evaluate validation data in each epoch, and hand its loss to `scheduler.step(val_loss)`; for accuracy and the like make the
    schedule with `mode="max"`.
    """

    code = "TL704"
    name = "plateau-without-validation"
    level = Level.WARNING

    def check(self, trace: Trace) -> Iterator[Finding]:
        for run in trace.runs:
            for training in run.trainings if run.complete else ():
                for misled in misled_plateaus(training):
                    evaluation = misled.evaluation
                    yield self.finding(
                        misled.step.place,
                        _message(misled),
                        related=[
                            (misled.scheduler.place, "the schedule is made here"),
                            (
                                evaluation.place_in(training.loop) if evaluation else None,
                                "validation data is evaluated here",
                            ),
                        ],
                    )


def _message(misled: Misled) -> str:
    scheduler, metric = misled.scheduler, misled.step.metric
    called = f"`{scheduler.name}` (ReduceLROnPlateau)" if scheduler.name else "ReduceLROnPlateau"
    name = f"`{metric.name}`" if metric is not None and metric.name else "the number that it is given"
    if misled.how == "nothing":
        return f"{called} is stepped without a metric, by which it finds plateaus. Call `step(val_loss)`."
    if misled.how == "rising":
        return (
            f"{called} is in mode `min` and is told {name}, which rises: every improvement counts as a plateau."
            ' Make it with `mode="max"`.'
        )
    if misled.how == "falling":
        return (
            f"{called} is in mode `max` and is told {name}, which falls: every improvement counts as a plateau."
            ' Make it with `mode="min"`.'
        )
    return (
        f"{called} is told {name}, which is measured on training data, although validation data is evaluated in each"
        " epoch. Step it by the validation loss."
    )
