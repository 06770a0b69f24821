"""TL525: groups of accumulated batches that begin or end at the wrong place."""

from __future__ import annotations

from collections.abc import Iterator

from trainlint.findings import Finding, Level
from trainlint.rule import Rule
from trainlint.trace import Trace
from trainlint.trace.queries_accumulation import misaligned


class AccumulationMisaligned(Rule):
    """Accumulated gradients are used too early, or thrown away at the end of each epoch.

    ## What it finds

    A step of every so many batches under `if i % n == 0`, where `i` counts from 0: the first update has one batch. And a
    step under `if (i + 1) % n == 0` where the gradients are zeroed at the start of each epoch and no step takes the batches
    that are left over at the end of the one before.

    ## Why it hurts

    The first update of each epoch is made of one batch's gradient, divided by `n` as if it were one of many. Of an
    incomplete last group, up to `n - 1` batches, the forward and backward passes are paid for and nothing is learned
    (Hugging Face Accelerate steps at the end of the loader for this reason: its documentation, "Performing gradient
    accumulation").

    ## Bad

    ```python
    import torch
    from torch import nn

    torch.manual_seed(0)
    model = nn.Linear(4, 1)
    optimizer = torch.optim.AdamW(model.parameters(), lr=1e-3)

    for i in range(20):
        x = torch.randn(8, 4)
        loss = nn.functional.mse_loss(model(x), x.sum(1, keepdim=True))
        (loss / 4).backward()
        if i % 4 == 0:  # expect: TL525
            optimizer.step()
            optimizer.zero_grad()
        print(i, loss.item())
    ```

    ## Good

    ```python
    import torch
    from torch import nn

    torch.manual_seed(0)
    model = nn.Linear(4, 1)
    optimizer = torch.optim.AdamW(model.parameters(), lr=1e-3)

    for i in range(20):
        x = torch.randn(8, 4)
        loss = nn.functional.mse_loss(model(x), x.sum(1, keepdim=True))
        (loss / 4).backward()
        if (i + 1) % 4 == 0:
            optimizer.step()
            optimizer.zero_grad()
        print(i, loss.item())
    ```

    ## When it keeps silent

    When the number of batches is one by default; when the condition also holds at the last batch, or another step follows
    the loop; when nothing zeroes the gradients between epochs (the rest is carried into the next one); when the number of
    batches is a constant; and for counters that the program keeps itself or that start at another number.

    ## Remedy

    Step `if (i + 1) % n == 0 or i + 1 == len(loader)`.
    """

    code = "TL525"
    name = "accumulation-misaligned"
    level = Level.WARNING

    def check(self, trace: Trace) -> Iterator[Finding]:
        for run in trace.runs:
            for guard, step, zero in misaligned(run.gradients):
                if zero is None:
                    message = (
                        f"`{guard.text}` holds in the first round, so the first update has the gradients of one batch."
                        " Count from 1: `(i + 1) % n == 0`."
                    )
                    yield self.finding(guard.place, message, related=[(step.place, "the step")])
                else:
                    message = (
                        "The batches that are left over at the end of an epoch are never stepped on: their gradients are"
                        " zeroed when the next one starts. Step at the last batch as well."
                    )
                    yield self.finding(guard.place, message, related=[(zero.place, "zeroed here in each epoch")])
