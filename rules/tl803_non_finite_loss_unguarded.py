"""TL803: a loss that is NaN or infinite would go unnoticed."""

from __future__ import annotations

from collections.abc import Iterator

from trainlint.findings import Finding, Level
from trainlint.rule import Rule
from trainlint.trace import Trace
from trainlint.trace.queries_watching import guards_against_infinity, once_a_run


class NonFiniteLossUnguarded(Rule):
    """Nothing in a run would notice that its loss became NaN or infinite.

    ## What it finds

    A training in which nothing asks whether the loss, or a gradient, is finite: no `isfinite`, `isnan` or `isinf`, no
    `clip_grad_norm_(..., error_if_nonfinite=True)`, no gradient scaler (it skips such steps), no anomaly detection, early
    stopping or monitor.

    ## Why it hurts

    One NaN in a gradient turns all weights into NaN at the next step, and they stay so: the rest of the run, a night or a
    week, is computed for nothing, and checkpoints that are overwritten are lost with it. "Common Practices, Part 1", P15:
    watch the loss curve, a loss that explodes is its clearest sign.

    ## Bad

    ```python
    import torch
    from torch import nn
    from torch.utils.data import DataLoader, TensorDataset

    torch.manual_seed(0)
    rates, more = torch.rand(160, 3), torch.rand(40, 3)
    train_loader = DataLoader(TensorDataset(rates, torch.poisson(4 * rates.sum(1))), batch_size=20, shuffle=True)
    val_loader = DataLoader(TensorDataset(more, torch.poisson(4 * more.sum(1))), batch_size=40)
    model = nn.Sequential(nn.Linear(3, 16), nn.GELU(), nn.Linear(16, 1), nn.Flatten(0))
    optimizer = torch.optim.AdamW(model.parameters(), lr=3e-3)
    scheduler = torch.optim.lr_scheduler.ExponentialLR(optimizer, gamma=0.9)
    criterion = nn.PoissonNLLLoss()

    for epoch in range(5):  # expect: TL803
        model.train()
        total = 0.0
        for x, y in train_loader:
            optimizer.zero_grad()
            loss = criterion(model(x), y)
            loss.backward()
            optimizer.step()
            total += loss.item()
        scheduler.step()
        model.eval()
        with torch.no_grad():
            val_loss = sum(criterion(model(x), y).item() for x, y in val_loader) / len(val_loader)
        print(epoch, total / len(train_loader), val_loss)
        torch.save(model.state_dict(), "counts.pt")
    ```

    ## Good

    ```python
    import torch
    from torch import nn
    from torch.utils.data import DataLoader, TensorDataset

    torch.manual_seed(0)
    rates, more = torch.rand(160, 3), torch.rand(40, 3)
    train_loader = DataLoader(TensorDataset(rates, torch.poisson(4 * rates.sum(1))), batch_size=20, shuffle=True)
    val_loader = DataLoader(TensorDataset(more, torch.poisson(4 * more.sum(1))), batch_size=40)
    model = nn.Sequential(nn.Linear(3, 16), nn.GELU(), nn.Linear(16, 1), nn.Flatten(0))
    optimizer = torch.optim.AdamW(model.parameters(), lr=3e-3)
    scheduler = torch.optim.lr_scheduler.ExponentialLR(optimizer, gamma=0.9)
    criterion = nn.PoissonNLLLoss()

    for epoch in range(5):
        model.train()
        total = 0.0
        for step, (x, y) in enumerate(train_loader):
            optimizer.zero_grad()
            loss = criterion(model(x), y)
            if not torch.isfinite(loss):
                raise FloatingPointError(f"the loss is {loss.item()} in epoch {epoch}, step {step}")
            loss.backward()
            optimizer.step()
            total += loss.item()
        scheduler.step()
        model.eval()
        with torch.no_grad():
            val_loss = sum(criterion(model(x), y).item() for x, y in val_loader) / len(val_loader)
        print(epoch, total / len(train_loader), val_loss)
        torch.save(model.state_dict(), "counts.pt")
    ```

    ## When it keeps silent

    Where anything asks for NaN or infinity, also behind an option; where the training is stopped by its loss; where a
    framework does (the Hugging Face Trainer, DeepSpeed); where unknown code is handed the loss; for tests, benchmarks,
    overfit checks and what trains nothing that lasts.

    ## Remedy

    `clip_grad_norm_(parameters, max_norm, error_if_nonfinite=True)` costs nothing more than the clip.
    `trainlint.runtime.LossMonitor` notices a loss that is not finite, and `trainlint.runtime.TrainingMonitor` tells in
    which step and where it came from.
    """

    code = "TL803"
    name = "non-finite-loss-unguarded"
    level = Level.ADVICE

    def check(self, trace: Trace) -> Iterator[Finding]:
        for training in once_a_run(trace, lambda training: not guards_against_infinity(training)):
            yield self.finding(
                training.place,
                "A NaN or infinite loss would go unnoticed here, and all that follows would be computed for nothing. Check"
                " `torch.isfinite(loss)`, or clip with error_if_nonfinite=True.",
            )
