"""TL910: any error of loading a checkpoint is caught, and the run goes on without it."""

from __future__ import annotations

from collections.abc import Iterator

from trainlint.findings import Finding, Level
from trainlint.rule import Rule
from trainlint.trace import Trace
from trainlint.trace.queries_resuming import swallowed_loads


class LoadErrorSwallowed(Rule):
    """A checkpoint that cannot be loaded is passed over, and the training starts from scratch.

    ## What it finds

    A bare `except`, or one of `Exception`, around loading weights into a network, that goes on to the training.

    ## Why it hurts

    A mistyped path, a damaged file or weights that don't fit look like a first run: the epochs that were paid for are
    lost, and the next save may overwrite them. Python's tutorial ("Handling Exceptions") advises to name the exceptions
    that are meant, "and to allow any unexpected exceptions to propagate on".

    ## Bad

    ```python
    import torch
    from torch import nn

    torch.manual_seed(0)
    model = nn.Linear(3, 1)
    optimizer = torch.optim.AdamW(model.parameters(), lr=1e-3)

    try:
        model.load_state_dict(torch.load("pretrained.pt"))
    except Exception:  # expect: TL910
        print("no weights, starting from scratch")

    for step in range(20):
        x = torch.randn(8, 3)
        loss = nn.functional.mse_loss(model(x), x.mean(1, keepdim=True))
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        print(step, loss.item())
    torch.save(model.state_dict(), "trained.pt")
    ```

    ## Good

    ```python
    import os

    import torch
    from torch import nn

    torch.manual_seed(0)
    model = nn.Linear(3, 1)
    optimizer = torch.optim.AdamW(model.parameters(), lr=1e-3)

    if os.path.exists("pretrained.pt"):
        model.load_state_dict(torch.load("pretrained.pt"))

    for step in range(20):
        x = torch.randn(8, 3)
        loss = nn.functional.mse_loss(model(x), x.mean(1, keepdim=True))
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        print(step, loss.item())
    torch.save(model.state_dict(), "trained.pt")
    ```

    ## When it keeps silent

    Where named exceptions are caught (`FileNotFoundError`); where the handler raises, exits, or loads in another way;
    where nothing is trained afterwards; and where the block trains as well.

    ## Remedy

    Ask whether the file exists, and let every other error stop the run.
    """

    code = "TL910"
    name = "load-error-swallowed"
    level = Level.WARNING

    def check(self, trace: Trace) -> Iterator[Finding]:
        for run in trace.runs:
            for caught, load in swallowed_loads(run):
                yield self.finding(
                    caught.place,
                    "Whatever goes wrong while the weights are loaded is caught here, and the training goes on without"
                    " them. Catch `FileNotFoundError` alone, or ask first whether the file exists.",
                    related=[(load.place, "the weights are loaded here")],
                )
