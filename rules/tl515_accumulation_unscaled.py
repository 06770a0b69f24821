"""TL515: gradients of several batches are added up without dividing the loss."""

from __future__ import annotations

from collections.abc import Iterator

from trainlint.findings import Finding, Level
from trainlint.rule import Rule
from trainlint.trace import Trace
from trainlint.trace.queries_accumulation import undivided


class AccumulationUnscaled(Rule):
    """Gradients of several batches are accumulated, and the loss is not divided by their number.

    ## What it finds

    A loop that goes back for each batch and steps only every so many batches (`if (i + 1) % n == 0`), where nothing divides
    the loss, the mean over its batch, by that number.

    ## Why it hurts

    `backward()` adds to the gradients that are there, so the update is that of the sum of `n` means: `n` times the gradient
    of the large batch that accumulation stands for. With SGD that is `n` times the learning rate, clipping by norm cuts
    deeper, and each change of `n` needs another learning rate (Hugging Face Accelerate's documentation, "Performing
    gradient accumulation", divides the loss for this reason).

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
        loss.backward()  # expect: TL515
        if (i + 1) % 4 == 0:
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

    When the loss is divided or multiplied by a fraction anywhere on its way, or is a sum to begin with; when the program
    looks at gradients itself (it may divide them); when the number of batches is one by default; with frameworks that
    divide themselves; and where several backward passes of one batch are the terms of one loss.

    ## Remedy

    Call `backward()` on the loss divided by the number of accumulated batches, and log the undivided one.
    """

    code = "TL515"
    name = "accumulation-unscaled"
    level = Level.WARNING

    def check(self, trace: Trace) -> Iterator[Finding]:
        for run in trace.runs:
            for backward, step in undivided(run.gradients):
                yield self.finding(
                    backward.place,
                    "Gradients of several batches are added up here before the optimizer steps, and the loss is not"
                    " divided by their number. Divide it before `backward()`.",
                    related=[(step.place, "the optimizer steps here, once in several batches")],
                )
