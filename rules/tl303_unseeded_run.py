"""TL303: no seed is set."""

from __future__ import annotations

from collections.abc import Iterator

from trainlint.findings import Finding, Level
from trainlint.rule import Rule
from trainlint.trace import Trace
from trainlint.trace.queries_preflight import first_draw, is_seeded
from trainlint.trace.queries_watching import once_a_run
from trainlint.trace.view import Training


class UnseededRun(Rule):
    """A run sets no seed at all.

    ## What it finds

    A script that trains and neither sets a global seed (`torch.manual_seed`, `seed_everything`, ...) nor makes a seeded
    generator.

    ## Why it hurts

    Initial weights, the order of the samples, dropout and augmentation differ from run to run: a bug can't be met again, and
    what looks like the gain of an idea may be the luck of a draw. "Common Practices, Part 1", P12: repeat with several seeds;
    that takes seeds. PyTorch's notes on reproducibility say what else it takes.

    ## Bad

    ```python
    import torch
    from torch import nn
    from torch.utils.data import DataLoader, TensorDataset

    ticks, later = torch.linspace(0, 6, 120).view(-1, 1), torch.linspace(6, 7, 20).view(-1, 1)
    train_loader = DataLoader(TensorDataset(ticks, ticks.cos()), batch_size=12, shuffle=True)  # expect: TL303
    val_loader = DataLoader(TensorDataset(later, later.cos()), batch_size=20)
    model = nn.Sequential(nn.Linear(1, 24), nn.GELU(), nn.Linear(24, 1))
    optimizer = torch.optim.AdamW(model.parameters(), lr=3e-3)
    scheduler = torch.optim.lr_scheduler.ExponentialLR(optimizer, gamma=0.9)

    for epoch in range(5):
        model.train()
        total = 0.0
        for x, y in train_loader:
            optimizer.zero_grad()
            loss = nn.functional.mse_loss(model(x), y)
            loss.backward()
            optimizer.step()
            total += loss.item()
        scheduler.step()
        model.eval()
        with torch.no_grad():
            val_loss = sum(nn.functional.mse_loss(model(x), y).item() for x, y in val_loader) / len(val_loader)
        print(epoch, total / len(train_loader), val_loss)
        torch.save(model.state_dict(), "cosine.pt")
    ```

    ## Good

    ```python
    import torch
    from torch import nn
    from torch.utils.data import DataLoader, TensorDataset

    torch.manual_seed(17)
    ticks, later = torch.linspace(0, 6, 120).view(-1, 1), torch.linspace(6, 7, 20).view(-1, 1)
    train_loader = DataLoader(TensorDataset(ticks, ticks.cos()), batch_size=12, shuffle=True)
    val_loader = DataLoader(TensorDataset(later, later.cos()), batch_size=20)
    model = nn.Sequential(nn.Linear(1, 24), nn.GELU(), nn.Linear(24, 1))
    optimizer = torch.optim.AdamW(model.parameters(), lr=3e-3)
    scheduler = torch.optim.lr_scheduler.ExponentialLR(optimizer, gamma=0.9)

    for epoch in range(5):
        model.train()
        total = 0.0
        for x, y in train_loader:
            optimizer.zero_grad()
            loss = nn.functional.mse_loss(model(x), y)
            loss.backward()
            optimizer.step()
            total += loss.item()
        scheduler.step()
        model.eval()
        with torch.no_grad():
            val_loss = sum(nn.functional.mse_loss(model(x), y).item() for x, y in val_loader) / len(val_loader)
        print(epoch, total / len(train_loader), val_loss)
        torch.save(model.state_dict(), "cosine.pt")
    ```

    ## When it keeps silent

    Where any seed is set, for part of the run or behind an option too; where an option is called seed; where the framework
    sets one (the Hugging Face Trainer, LightningCLI); in functions that nothing in the linted files calls; for tests,
    benchmarks, overfit checks and what trains nothing that lasts. A random split without a seed is TL109's.

    ## Remedy

    `torch.manual_seed(seed)` at the program's start, with the seed as an option that is logged; `random.seed` and
    `numpy.random.seed` where these draw too.
    """

    code = "TL303"
    name = "unseeded-run"
    level = Level.ADVICE

    def check(self, trace: Trace) -> Iterator[Finding]:
        for training in once_a_run(trace, _lacks_seed):
            yield self.finding(
                first_draw(training.run) or training.place,
                "No seed is set before this or later in the run: it can't be repeated, nor compared with another one. Call"
                " torch.manual_seed first.",
                related=[(training.place, "the training")],
            )


def _lacks_seed(training: Training) -> bool | None:
    return None if training.run.kind == "function" else not is_seeded(training.run)
