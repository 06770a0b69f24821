"""TL511: scaled gradients are clipped."""

from __future__ import annotations

from collections.abc import Iterator

from trainlint.findings import Finding, Fix, Level, Place
from trainlint.rule import Rule
from trainlint.trace import Trace
from trainlint.trace.edits import SAFE, Editor
from trainlint.trace.queries_clipping import scaled_clips


class ClippingScaledGradients(Rule):
    """Gradients are clipped while they are still multiplied by a GradScaler's factor.

    ## What it finds

    `scaler.scale(loss).backward()`, then a clip, then `scaler.step(optimizer)`, without `scaler.unscale_(optimizer)` before
    the clip.

    ## Why it hurts

    A `GradScaler` multiplies the loss, and with it all gradients, by 65536 to begin with. Clipped to a norm of 1 and divided
    by 65536 afterwards, hardly anything is left of them; and the real threshold changes each time the scaler changes its
    factor (PyTorch's documentation, "Automatic Mixed Precision examples", "Gradient clipping").

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
        nn.utils.clip_grad_norm_(model.parameters(), 1.0)  # expect: TL511
        scaler.step(optimizer)
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
        scaler.unscale_(optimizer)
        nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        scaler.step(optimizer)
        scaler.update()
        print(step, loss.item())
    ```

    ## When it keeps silent

    When the scaler is turned off (`enabled=False`), also by an option's default; with Apex, Accelerate and Lightning, which
    unscale themselves; and when the scaler reaches code that the linter cannot see before the clip.

    ## Remedy

    Call `scaler.unscale_(optimizer)` before the clip, once for each step.

    ## Fix safety

    Safe: `unscale_` of the optimizer that the scaler steps goes before the clip, where both stand in one block.
    """

    code = "TL511"
    name = "clipping-scaled-gradients"
    level = Level.ERROR
    reads_recorded = True

    def check(self, trace: Trace) -> Iterator[Finding]:
        for run in trace.runs:
            for clip, step in scaled_clips(run.gradients):
                yield self.finding(
                    clip.place,
                    "Gradients are clipped while the scaler's factor is still in them. Call"
                    " `scaler.unscale_(optimizer)` first.",
                    related=[(step.place, "the scaler steps here")],
                    fix=_unscaled(trace.edit, clip.place, step.place),
                )


def _unscaled(edit: Editor, clip: Place, step: Place) -> Fix | None:
    scaler, optimizer = edit.receiver(step), edit.argument(step, "optimizer", 0)
    if scaler is None or optimizer is None or not edit.same_block(clip, step):
        return None
    code = f"{scaler}.unscale_({edit.text(optimizer)})"
    return edit.fix("Unscale the gradients first", SAFE, edit.insert_before(clip, code))
