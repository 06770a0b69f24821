"""TL512: a gradient scaler is half used."""

from __future__ import annotations

from collections.abc import Iterator

from trainlint.findings import Finding, Level
from trainlint.rule import Rule
from trainlint.trace import Trace
from trainlint.trace.queries_scaling import misused_scalers

MESSAGES = {
    "bare": "The loss was multiplied by the scaler's factor and the optimizer steps without the scaler, on gradients that are"
    " still multiplied. Call `scaler.step(optimizer)` and `scaler.update()`.",
    "never updated": "The scaler steps the optimizer, and nothing calls its `update()`: the factor never changes, and the"
    " second step fails or is skipped for good. Call `scaler.update()` after each step.",
    "unscaled twice": "The gradients are unscaled twice before this step, which raises a RuntimeError. Call"
    " `scaler.unscale_(optimizer)` once for each step.",
}


class ScalerMisuse(Rule):
    """A `GradScaler` is used by halves.

    ## What it finds

    A backward pass of a scaled loss followed by a bare `optimizer.step()`; a `scaler.step(optimizer)` in a program that
    never calls `scaler.update()`; and `unscale_` at two places before one step.

    ## Why it hurts

    Without `scaler.step` the optimizer applies gradients that are 65536 times too large, infinite ones included. Without
    `update` the factor never falls after an overflow: every later step may be skipped. `unscale_` raises when it is called
    twice (PyTorch's documentation, "Automatic Mixed Precision package", `torch.amp.GradScaler`).

    ## Bad

    ```python
    import torch
    from torch import nn

    torch.manual_seed(0)
    model = nn.Linear(4, 1)
    optimizer = torch.optim.AdamW(model.parameters(), lr=1e-3)
    scaler = torch.amp.GradScaler("cuda")

    for step in range(20):
        x = torch.randn(16, 4)
        loss = nn.functional.mse_loss(model(x), x.sum(1, keepdim=True))
        optimizer.zero_grad()
        scaler.scale(loss).backward()
        optimizer.step()  # expect: TL512
        scaler.update()
        print(step, loss.item())
    ```

    ## Good

    ```python
    import torch
    from torch import nn

    torch.manual_seed(0)
    model = nn.Linear(4, 1)
    optimizer = torch.optim.AdamW(model.parameters(), lr=1e-3)
    scaler = torch.amp.GradScaler("cuda")

    for step in range(20):
        x = torch.randn(16, 4)
        loss = nn.functional.mse_loss(model(x), x.sum(1, keepdim=True))
        optimizer.zero_grad()
        scaler.scale(loss).backward()
        scaler.step(optimizer)
        scaler.update()
        print(step, loss.item())
    ```

    ## When it keeps silent

    When the scaler is turned off (`enabled=False`), also by an option's default; when it reaches code that the linter cannot
    see; and when the bare step is another branch's than the scaled backward pass.

    ## Remedy

    Scale, go back, unscale where gradients are clipped, then `scaler.step(optimizer)` and `scaler.update()`.
    """

    code = "TL512"
    name = "scaler-misuse"
    level = Level.ERROR

    def check(self, trace: Trace) -> Iterator[Finding]:
        for run in trace.runs:
            for step, what in misused_scalers(run.gradients):
                if run.kind == "script" or what == "unscaled twice":
                    yield self.finding(step.place, MESSAGES[what])
