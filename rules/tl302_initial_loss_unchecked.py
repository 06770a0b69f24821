"""TL302: the loss of the untrained classifier is not looked at."""

from __future__ import annotations

from collections.abc import Iterator

from trainlint.findings import Finding, Level
from trainlint.rule import Rule
from trainlint.trace import Trace
from trainlint.trace.purpose import ADVERSARIAL, REINFORCEMENT
from trainlint.trace.queries_preflight import checks_initial_loss, untrained_loss_unchecked
from trainlint.trace.queries_watching import once_a_run
from trainlint.trace.view import Training

_EXEMPT = frozenset({ADVERSARIAL, REINFORCEMENT})


class InitialLossUnchecked(Rule):
    """A classifier is trained, and its untrained loss is never compared with that of guessing.

    ## What it finds

    A training by cross-entropy of a network that begins with random weights, where no loss is computed before the first
    update but the training's own.

    ## Why it hurts

    "Common Practices, Part 1", P12: without regularisation, the untrained network's loss is that of random choice, `log(n)`
    for n classes. Another number tells of a wrong initialisation, a softmax too many, labels that don't fit or inputs that
    aren't scaled, before an hour has been spent.

    ## Bad

    ```python
    import torch
    from torch import nn
    from torch.utils.data import DataLoader, TensorDataset

    torch.manual_seed(0)
    leaves, more = torch.randn(120, 4), torch.randn(30, 4)
    train_loader = DataLoader(TensorDataset(leaves, leaves.argmax(1)), batch_size=20, shuffle=True)
    val_loader = DataLoader(TensorDataset(more, more.argmax(1)), batch_size=30)
    model = nn.Sequential(nn.Linear(4, 24), nn.GELU(), nn.Linear(24, 4))
    optimizer = torch.optim.AdamW(model.parameters(), lr=3e-3)
    scheduler = torch.optim.lr_scheduler.ExponentialLR(optimizer, gamma=0.9)

    for epoch in range(5):  # expect: TL302
        model.train()
        total = 0.0
        for x, y in train_loader:
            optimizer.zero_grad()
            loss = nn.functional.cross_entropy(model(x), y)
            loss.backward()
            optimizer.step()
            total += loss.item()
        scheduler.step()
        model.eval()
        with torch.no_grad():
            val_loss = sum(nn.functional.cross_entropy(model(x), y).item() for x, y in val_loader) / len(val_loader)
        print(epoch, total / len(train_loader), val_loss)
        torch.save(model.state_dict(), "leaves.pt")
    ```

    ## Good

    ```python
    import math

    import torch
    from torch import nn
    from torch.utils.data import DataLoader, TensorDataset

    torch.manual_seed(0)
    leaves, more = torch.randn(120, 4), torch.randn(30, 4)
    train_loader = DataLoader(TensorDataset(leaves, leaves.argmax(1)), batch_size=20, shuffle=True)
    val_loader = DataLoader(TensorDataset(more, more.argmax(1)), batch_size=30)
    model = nn.Sequential(nn.Linear(4, 24), nn.GELU(), nn.Linear(24, 4))
    with torch.no_grad():
        untrained = nn.functional.cross_entropy(model(leaves), leaves.argmax(1)).item()
    print("untrained loss", untrained, "guessing", math.log(4))
    optimizer = torch.optim.AdamW(model.parameters(), lr=3e-3)
    scheduler = torch.optim.lr_scheduler.ExponentialLR(optimizer, gamma=0.9)

    for epoch in range(5):
        model.train()
        total = 0.0
        for x, y in train_loader:
            optimizer.zero_grad()
            loss = nn.functional.cross_entropy(model(x), y)
            loss.backward()
            optimizer.step()
            total += loss.item()
        scheduler.step()
        model.eval()
        with torch.no_grad():
            val_loss = sum(nn.functional.cross_entropy(model(x), y).item() for x, y in val_loader) / len(val_loader)
        print(epoch, total / len(train_loader), val_loss)
        torch.save(model.state_dict(), "leaves.pt")
    ```

    ## When it keeps silent

    Where a loss is computed before the first update in another place than the training's, as an evaluation before the first
    epoch does; where the network is loaded, pretrained or not known; where a test of the project makes the check; for
    reinforcement learning, adversarial training, tests, benchmarks, overfit checks and what trains nothing that lasts.

    ## Remedy

    `trainlint.runtime.check_initial_loss` compares the untrained loss with that of guessing, class by class and for several
    seeds; it is also the pytest fixture's `preflight.initial_loss`.
    """

    code = "TL302"
    name = "initial-loss-unchecked"
    level = Level.ADVICE

    def check(self, trace: Trace) -> Iterator[Finding]:
        if not any(run.trainings for run in trace.runs) or checks_initial_loss(trace):
            return
        for training in once_a_run(trace, _lacks_check):
            yield self.finding(
                training.place,
                "This classifier is trained without a look at its untrained loss, which should be that of guessing:"
                " log(n) for n classes. Compute it on a batch before the first update.",
            )


def _lacks_check(training: Training) -> bool | None:
    return None if training.exemptions & _EXEMPT else untrained_loss_unchecked(training)
