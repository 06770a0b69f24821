"""What a hunt for a mistake left behind."""

from __future__ import annotations

from collections.abc import Iterator

from trainlint.findings import Finding, Level
from trainlint.rule import Rule
from trainlint.trace import Trace
from trainlint.trace.events import Made, Watched
from trainlint.trace.purpose import is_test
from trainlint.trace.queries_leftovers import first_round_ends
from trainlint.trace.values import Constant, Library
from trainlint.trace.view import Training

SWITCHES = ("fast_dev_run", "overfit_batches")


class DebugLeftover(Rule):
    """Something that was put in to hunt for a mistake is left on in a training run.

    ## What it finds

    An unconditional `break` or `return` in the batch loop, `torch.autograd.set_detect_anomaly(True)` for the whole run, and
    `fast_dev_run` or `overfit_batches` turned on in a Trainer.

    ## Why it hurts

    The run trains on one batch an epoch, or on a few, and looks as if it trained on all the data. Lightning's
    documentation lists `fast_dev_run` and `overfit_batches` under debugging; PyTorch's says of anomaly detection that it
    is for debugging only, since it slows the program down.

    ## Bad

    ```python
    import torch
    from torch import nn
    from torch.utils.data import DataLoader, TensorDataset

    torch.manual_seed(0)
    train_loader = DataLoader(TensorDataset(torch.randn(192, 8), torch.randn(192, 1)), batch_size=32, shuffle=True)
    val_loader = DataLoader(TensorDataset(torch.randn(64, 8), torch.randn(64, 1)), batch_size=64)

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
            print(epoch, loss.item())
            break  # expect: TL402
        scheduler.step()
        model.eval()
        with torch.no_grad():
            val_loss = sum(criterion(model(x), y).item() for x, y in val_loader) / len(val_loader)
        print(epoch, val_loss)
        torch.save(model.state_dict(), "last.pt")
    ```

    ## Good

    ```python
    import torch
    from torch import nn
    from torch.utils.data import DataLoader, TensorDataset

    torch.manual_seed(0)
    train_loader = DataLoader(TensorDataset(torch.randn(192, 8), torch.randn(192, 1)), batch_size=32, shuffle=True)
    val_loader = DataLoader(TensorDataset(torch.randn(64, 8), torch.randn(64, 1)), batch_size=64)

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
            print(epoch, loss.item())
        scheduler.step()
        model.eval()
        with torch.no_grad():
            val_loss = sum(criterion(model(x), y).item() for x, y in val_loader) / len(val_loader)
        print(epoch, val_loss)
        torch.save(model.state_dict(), "last.pt")
    ```

    ## When it keeps silent

    Where the `break` or `return` stands under a condition, in loops that retry (`while True`), where an option (`--dry-run`)
    turns the switch on, and where anomaly detection holds for a part alone (`with torch.autograd.detect_anomaly():`).
    Tests are left alone.

    ## Remedy

    Take it out, or put it behind an option that is off by default.
    """

    code = "TL402"
    name = "debug-leftover"
    level = Level.WARNING

    def check(self, trace: Trace) -> Iterator[Finding]:
        for run in trace.programs:
            if is_test(run.path):  # a test that trains on a few batches means to
                continue
            if run.trainings:
                for made in run.of(Made):
                    yield from self._switched_on(made)
                for event in run.of(Watched):
                    yield from self._slowed_down(event)
            for training in run.partial_trainings:
                yield from self._cut_short(training)

    def _cut_short(self, training: Training) -> Iterator[Finding]:
        for event in first_round_ends(training):
            message = (
                f"This `{event.how}` ends the batch loop after its first batch: no other batch is ever trained on."
            )
            yield self.finding(event.place, message, related=[(training.batch_loop.place, "the batch loop")])

    def _slowed_down(self, event: Watched) -> Iterator[Finding]:
        mode = event.of
        if "anomaly_mode" not in event.what or event.offered or event.guards:
            return
        if isinstance(mode, Constant) and mode.value is True and not mode.optional:
            message = (
                "Anomaly detection is on for the whole run: it traces every backward pass, at a multiple of the time."
            )
            yield self.finding(event.place, message)

    def _switched_on(self, made: Made) -> Iterator[Finding]:
        trainer = made.thing
        if made.role != "framework" or made.offered or not isinstance(trainer, Library):
            return
        for switch in SWITCHES:
            given = trainer.arguments.get(switch)
            if isinstance(given, Constant) and given.value and not given.optional:
                message = f"`{switch}={given.value}` is for debugging: the Trainer goes over a few batches only."
                yield self.finding(made.place, message)
