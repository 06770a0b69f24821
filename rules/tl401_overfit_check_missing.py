"""TL401: nothing shows that the network can learn at all."""

from __future__ import annotations

from collections.abc import Iterator

from trainlint.findings import Finding, Level
from trainlint.rule import Rule
from trainlint.trace import Trace
from trainlint.trace.purpose import ADVERSARIAL, INPUT_OPTIMISATION, REINFORCEMENT
from trainlint.trace.queries_preflight import checks_overfitting
from trainlint.trace.queries_watching import once_a_run
from trainlint.trace.view import Training

_EXEMPT = frozenset({ADVERSARIAL, INPUT_OPTIMISATION, REINFORCEMENT})


class OverfitCheckMissing(Rule):
    """Nothing in the project checks that the network can overfit a handful of samples.

    ## What it finds

    A training in a project in which no test, function or option brings a few samples to zero loss: no
    `trainlint.runtime.check_overfit`, no Lightning `overfit_batches`, nothing that is called overfit.

    ## Why it hurts

    "Common Practices, Part 1", P13: before the full training, overfit 5 to 20 samples to zero loss. A network that can't has
    a bug in its data, loss or layers, or is too small; a night of training on all data only hides that.

    ## Bad

    ```python
    import torch
    from torch import nn
    from torch.utils.data import DataLoader, TensorDataset

    torch.manual_seed(0)
    notes, more = torch.randint(12, (96, 6)), torch.randint(12, (32, 6))
    train_loader = DataLoader(TensorDataset(notes[:, :5], notes.sum(1) % 3), batch_size=16, shuffle=True)
    val_loader = DataLoader(TensorDataset(more[:, :5], more.sum(1) % 3), batch_size=32)
    model = nn.Sequential(nn.Embedding(12, 8), nn.Flatten(), nn.Linear(40, 32), nn.GELU(), nn.Linear(32, 3))
    optimizer = torch.optim.AdamW(model.parameters(), lr=3e-3)
    scheduler = torch.optim.lr_scheduler.ExponentialLR(optimizer, gamma=0.9)

    for epoch in range(5):  # expect: TL401
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
        torch.save(model.state_dict(), "chords.pt")
    ```

    ## Good

    ```python
    import torch
    from torch import nn
    from torch.utils.data import DataLoader, TensorDataset

    from trainlint.runtime import check_overfit

    torch.manual_seed(0)
    notes, more = torch.randint(12, (96, 6)), torch.randint(12, (32, 6))
    train_loader = DataLoader(TensorDataset(notes[:, :5], notes.sum(1) % 3), batch_size=16, shuffle=True)
    val_loader = DataLoader(TensorDataset(more[:, :5], more.sum(1) % 3), batch_size=32)
    model = nn.Sequential(nn.Embedding(12, 8), nn.Flatten(), nn.Linear(40, 32), nn.GELU(), nn.Linear(32, 3))
    print(check_overfit(model, notes[:8, :5], notes[:8].sum(1) % 3, nn.functional.cross_entropy))
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
        torch.save(model.state_dict(), "chords.pt")
    ```

    ## When it keeps silent

    Where anything in the linted files overfits on purpose, a test of the project included, and where the project keeps tests
    that are not linted; for reinforcement learning, adversarial training and optimised inputs; for tests, benchmarks and
    what trains nothing that lasts.

    ## Remedy

    A test of your own with `trainlint.runtime.check_overfit`, which trains a copy on a few samples and says what stands in the
    way; it is also the pytest fixture's `preflight.overfit`.
    """

    code = "TL401"
    name = "overfit-check-missing"
    level = Level.ADVICE

    def check(self, trace: Trace) -> Iterator[Finding]:
        if trace.tests_left_out or not any(run.trainings for run in trace.runs) or checks_overfitting(trace):
            return
        for training in once_a_run(trace, _may_overfit):
            yield self.finding(
                training.place,
                "Nothing in the linted files checks that this network can bring a handful of samples to zero loss, which a"
                " bug or too small a model would prevent. Overfit 5 to 20 samples first.",
            )


def _may_overfit(training: Training) -> bool | None:
    return None if training.exemptions & _EXEMPT else True
