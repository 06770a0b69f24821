"""TL708: stochastic gradient descent without momentum."""

from __future__ import annotations

from collections.abc import Iterator

from trainlint.findings import Finding, Level
from trainlint.rule import Rule
from trainlint.trace import Trace
from trainlint.trace.events import Made
from trainlint.trace.merge import is_one_of_several
from trainlint.trace.purpose import BENCHMARK, INPUT_OPTIMISATION, NOTHING_LASTING, TEST_CODE
from trainlint.trace.queries_schedules import optimizers
from trainlint.trace.values import Constant, Library, Value

_EXEMPT = frozenset({BENCHMARK, INPUT_OPTIMISATION, NOTHING_LASTING, TEST_CODE})


class SgdWithoutMomentum(Rule):
    """`SGD` trains without momentum.

    ## What it finds

    `torch.optim.SGD` (or a drop-in for it) that steps in a training loop, with `momentum` left at its default of 0 or
    set to 0.

    ## Why it hurts

    "Common Practices, Part 1, P27": start with mini-batch SGD and momentum. Without it the steps oscillate across
    narrow valleys of the loss and creep along them; PyTorch's default of 0 is the plain method of the textbook, not a
    recommendation.

    ## Bad

    ```python
    import torch
    from torch import nn
    from torch.utils.data import DataLoader, TensorDataset

    torch.manual_seed(0)
    rolls, more_rolls = torch.randn(256, 10), torch.randn(64, 10)
    train_loader = DataLoader(TensorDataset(rolls, rolls[:, :3].argmax(1)), batch_size=32, shuffle=True)
    val_loader = DataLoader(TensorDataset(more_rolls, more_rolls[:, :3].argmax(1)), batch_size=64)
    model = nn.Linear(10, 3)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)  # expect: TL708
    scheduler = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, T_max=5)

    for epoch in range(5):
        model.train()
        for x, y in train_loader:
            optimizer.zero_grad()
            loss = nn.functional.cross_entropy(model(x), y)
            loss.backward()
            optimizer.step()
        scheduler.step()
        model.eval()
        with torch.no_grad():
            hits = sum((model(x).argmax(1) == y).sum().item() for x, y in val_loader)
        print(epoch, loss.item(), hits / len(more_rolls))
        torch.save(model.state_dict(), "last.pt")
    ```

    ## Good

    ```python
    import torch
    from torch import nn
    from torch.utils.data import DataLoader, TensorDataset

    torch.manual_seed(0)
    rolls, more_rolls = torch.randn(256, 10), torch.randn(64, 10)
    train_loader = DataLoader(TensorDataset(rolls, rolls[:, :3].argmax(1)), batch_size=32, shuffle=True)
    val_loader = DataLoader(TensorDataset(more_rolls, more_rolls[:, :3].argmax(1)), batch_size=64)
    model = nn.Linear(10, 3)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1, momentum=0.9)
    scheduler = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, T_max=5)

    for epoch in range(5):
        model.train()
        for x, y in train_loader:
            optimizer.zero_grad()
            loss = nn.functional.cross_entropy(model(x), y)
            loss.backward()
            optimizer.step()
        scheduler.step()
        model.eval()
        with torch.no_grad():
            hits = sum((model(x).argmax(1) == y).sum().item() for x, y in val_loader)
        print(epoch, loss.item(), hits / len(more_rolls))
        torch.save(model.state_dict(), "last.pt")
    ```

    ## When it keeps silent

    Where the momentum is an option or isn't known, where an option's default chooses another optimizer or a name from a
    settings file any of several, in tests, benchmarks and loops of a few steps on random tensors, where an input is optimised
    instead of a network, and where the optimizer is made anew for each step.

    ## Remedy

    `momentum=0.9`, perhaps with `nesterov=True`; the learning rate may have to come down. Or `AdamW`.
    `trainlint.runtime`'s `OscillationMonitor` shows whether successive updates undo each other.
    """

    code = "TL708"
    name = "sgd-without-momentum"
    level = Level.WARNING
    reads_recorded = True

    def check(self, trace: Trace) -> Iterator[Finding]:
        for run in trace.runs:
            for training in run.partial_trainings:
                # What is made anew in each round has no past that momentum could keep.
                passing = {id(made.thing) for made in training.of(Made) if made.role == "optimizer"}
                stepping = optimizers(training)
                plain_sgd = [
                    optimizer
                    for optimizer in stepping
                    if _lacks_momentum(optimizer)
                    and id(optimizer) not in passing
                    and not is_one_of_several(optimizer, stepping)
                ]
                if not plain_sgd or training.exemptions & _EXEMPT:
                    continue
                for optimizer in plain_sgd:
                    assert isinstance(optimizer, Library)
                    assert optimizer.place is not None
                    yield self.finding(
                        optimizer.place,
                        f"{optimizer.short} has no momentum: its steps oscillate and progress is slow. Give it"
                        " momentum=0.9.",
                        related=[(training.place, "it trains here")],
                    )


def _lacks_momentum(optimizer: Value) -> bool:
    if not isinstance(optimizer, Library) or optimizer.trait("family") != "sgd" or optimizer.place is None:
        return False
    given = optimizer.arguments.get("momentum")
    if isinstance(given, Constant) and given.optional:
        return False
    return bool(optimizer.constant("momentum") == 0)
