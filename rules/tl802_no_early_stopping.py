"""TL802: validation is computed, and changes nothing."""

from __future__ import annotations

from collections.abc import Iterator

from trainlint.findings import Finding, Level
from trainlint.rule import Rule
from trainlint.trace import Trace
from trainlint.trace.queries_stopping import ends_or_keeps_best, validated
from trainlint.trace.queries_watching import once_a_run
from trainlint.trace.view import Training


class NoEarlyStopping(Rule):
    """Validation is computed while the network trains, and neither stops the run nor keeps the best model.

    ## What it finds

    A training that evaluates validation data in its epoch loop, where no `break`, early-stopping callback or best checkpoint
    depends on what comes out.

    ## Why it hurts

    "Common Practices, Part 1", P18: when the validation loss rises while the training loss falls, the network overfits. The
    weights of the last epoch are then worse than those of an earlier one, which are gone. Prechelt, "Early Stopping - But
    When?", 1998.

    ## Bad

    ```python
    import torch
    from torch import nn
    from torch.utils.data import DataLoader, TensorDataset


    def accuracy(model, loader):
        model.eval()
        with torch.no_grad():
            return sum((model(x).argmax(1) == y).sum().item() for x, y in loader) / len(loader.dataset)


    torch.manual_seed(0)
    spots, more = torch.randn(60, 20), torch.randn(30, 20)
    train_loader = DataLoader(TensorDataset(spots, (spots[:, 0] > spots[:, 1]).long()), batch_size=12, shuffle=True)
    val_loader = DataLoader(TensorDataset(more, (more[:, 0] > more[:, 1]).long()), batch_size=30)
    model = nn.Sequential(nn.Linear(20, 64), nn.ReLU(), nn.Linear(64, 2))
    optimizer = torch.optim.AdamW(model.parameters(), lr=3e-3)
    scheduler = torch.optim.lr_scheduler.ExponentialLR(optimizer, gamma=0.95)

    for epoch in range(8):  # expect: TL802
        model.train()
        total = 0.0
        for x, y in train_loader:
            optimizer.zero_grad()
            loss = nn.functional.cross_entropy(model(x), y)
            loss.backward()
            optimizer.step()
            total += loss.item()
        scheduler.step()
        print(epoch, total / len(train_loader), accuracy(model, val_loader))
        torch.save(model.state_dict(), "spots.pt")
    ```

    ## Good

    ```python
    import torch
    from torch import nn
    from torch.utils.data import DataLoader, TensorDataset


    def accuracy(model, loader):
        model.eval()
        with torch.no_grad():
            return sum((model(x).argmax(1) == y).sum().item() for x, y in loader) / len(loader.dataset)


    torch.manual_seed(0)
    spots, more = torch.randn(60, 20), torch.randn(30, 20)
    train_loader = DataLoader(TensorDataset(spots, (spots[:, 0] > spots[:, 1]).long()), batch_size=12, shuffle=True)
    val_loader = DataLoader(TensorDataset(more, (more[:, 0] > more[:, 1]).long()), batch_size=30)
    model = nn.Sequential(nn.Linear(20, 64), nn.ReLU(), nn.Linear(64, 2))
    optimizer = torch.optim.AdamW(model.parameters(), lr=3e-3)
    scheduler = torch.optim.lr_scheduler.ExponentialLR(optimizer, gamma=0.95)

    best, best_epoch = 0.0, 0
    for epoch in range(8):
        model.train()
        total = 0.0
        for x, y in train_loader:
            optimizer.zero_grad()
            loss = nn.functional.cross_entropy(model(x), y)
            loss.backward()
            optimizer.step()
            total += loss.item()
        scheduler.step()
        val_accuracy = accuracy(model, val_loader)
        print(epoch, total / len(train_loader), val_accuracy)
        if val_accuracy > best:
            best, best_epoch = val_accuracy, epoch
            torch.save(model.state_dict(), "spots.pt")
        elif epoch - best_epoch >= 3:
            break
    ```

    ## When it keeps silent

    Where the best model is kept, in a file or in memory, or the run is stopped by what was measured, also behind an option;
    where a callback of the framework does it; where unknown code is told the number; for tests, benchmarks, overfit checks
    and what trains nothing that lasts. Where test data alone is evaluated, TL101 and TL102 speak.

    ## Remedy

    Keep the weights of the best epoch by validation loss. `trainlint.runtime.Checkpointer` does, given `metric=`, and
    `trainlint.runtime.EarlyStopping` says when it is time to stop.
    """

    code = "TL802"
    name = "no-early-stopping"
    level = Level.ADVICE

    def check(self, trace: Trace) -> Iterator[Finding]:
        for training in once_a_run(trace, _lacks_stopping):
            evaluation = validated(training)
            assert evaluation is not None
            yield self.finding(
                training.place,
                "What is measured on validation data neither stops this training nor decides which weights are kept: if the"
                " network overfits, the last weights are not the best. Keep the best epoch's.",
                related=[(evaluation.place_in(training.loop), "the validation")],
            )


def _lacks_stopping(training: Training) -> bool | None:
    if validated(training) is None:
        return None
    return not ends_or_keeps_best(training)
