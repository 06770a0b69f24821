"""TL804: nobody looks at the size of gradients or updates."""

from __future__ import annotations

from collections.abc import Iterator

from trainlint.findings import Finding, Level
from trainlint.rule import Rule
from trainlint.trace import Trace
from trainlint.trace.events import Clip, GradientRead
from trainlint.trace.queries_watching import is_watched, looked_into, once_a_run
from trainlint.trace.view import Training


class UpdatesNotMonitored(Rule):
    """A run looks neither at the norm of its gradients nor at the size of its updates.

    ## What it finds

    A training in which nothing reads `p.grad`, uses the norm that `clip_grad_norm_` returns, registers a backward hook or
    hands the network to a monitor (`wandb.watch`).

    ## Why it hurts

    "Common Practices, Part 1", P21: an update should be about a thousandth of the weight that it changes. Much more, and the
    training jumps about; much less, and it stands still. The loss curve shows both late, and doesn't tell one from the other.

    ## Bad

    ```python
    import torch
    from torch import nn
    from torch.utils.data import DataLoader, TensorDataset

    torch.manual_seed(0)
    series, later = torch.randn(128, 12).cumsum(1), torch.randn(32, 12).cumsum(1)
    train_loader = DataLoader(TensorDataset(series[:, :11], series[:, 11:]), batch_size=16, shuffle=True)
    val_loader = DataLoader(TensorDataset(later[:, :11], later[:, 11:]), batch_size=32)
    model = nn.Sequential(nn.Linear(11, 32), nn.GELU(), nn.Linear(32, 1))
    optimizer = torch.optim.AdamW(model.parameters(), lr=3e-3)
    scheduler = torch.optim.lr_scheduler.ExponentialLR(optimizer, gamma=0.9)

    for epoch in range(5):  # expect: TL804
        model.train()
        total = 0.0
        for x, y in train_loader:
            optimizer.zero_grad()
            loss = nn.functional.mse_loss(model(x), y)
            loss.backward()
            torch.nn.utils.clip_grad_norm_(model.parameters(), max_norm=1.0)
            optimizer.step()
            total += loss.item()
        scheduler.step()
        model.eval()
        with torch.no_grad():
            val_loss = sum(nn.functional.mse_loss(model(x), y).item() for x, y in val_loader) / len(val_loader)
        print(epoch, total / len(train_loader), val_loss)
        torch.save(model.state_dict(), "walk.pt")
    ```

    ## Good

    ```python
    import torch
    from torch import nn
    from torch.utils.data import DataLoader, TensorDataset

    torch.manual_seed(0)
    series, later = torch.randn(128, 12).cumsum(1), torch.randn(32, 12).cumsum(1)
    train_loader = DataLoader(TensorDataset(series[:, :11], series[:, 11:]), batch_size=16, shuffle=True)
    val_loader = DataLoader(TensorDataset(later[:, :11], later[:, 11:]), batch_size=32)
    model = nn.Sequential(nn.Linear(11, 32), nn.GELU(), nn.Linear(32, 1))
    optimizer = torch.optim.AdamW(model.parameters(), lr=3e-3)
    scheduler = torch.optim.lr_scheduler.ExponentialLR(optimizer, gamma=0.9)

    for epoch in range(5):
        model.train()
        total, largest = 0.0, 0.0
        for x, y in train_loader:
            optimizer.zero_grad()
            loss = nn.functional.mse_loss(model(x), y)
            loss.backward()
            norm = torch.nn.utils.clip_grad_norm_(model.parameters(), max_norm=1.0)
            optimizer.step()
            total += loss.item()
            largest = max(largest, norm.item())
        scheduler.step()
        model.eval()
        with torch.no_grad():
            val_loss = sum(nn.functional.mse_loss(model(x), y).item() for x, y in val_loader) / len(val_loader)
        print(epoch, total / len(train_loader), val_loss, "largest gradient", largest)
        torch.save(model.state_dict(), "walk.pt")
    ```

    ## When it keeps silent

    Where gradients are read in any way, also behind an option; where a framework logs their norm (the Hugging Face Trainer);
    where unknown code is handed the network; for tests, benchmarks, overfit checks and what trains nothing that lasts.

    ## Remedy

    Log what `clip_grad_norm_` returns (with `max_norm=float("inf")` it only measures). `trainlint.runtime.UpdateMonitor`
    watches the updates relative to the weights, layer by layer, and `trainlint.runtime.TrainingMonitor` that and the rest.
    """

    code = "TL804"
    name = "updates-not-monitored"
    level = Level.ADVICE

    def check(self, trace: Trace) -> Iterator[Finding]:
        for training in once_a_run(trace, _lacks_watch):
            yield self.finding(
                training.place,
                "Neither gradient norms nor the size of updates are looked at here: whether the learning rate fits stays"
                " unknown. Log the norm that clip_grad_norm_ returns, or the updates relative to the weights.",
            )


def _lacks_watch(training: Training) -> bool:
    run = training.run
    if is_watched(run, "updates") or looked_into(training):
        return False
    return not run.of(GradientRead) and not any(event.used for event in run.of(Clip))
