"""TL712: Adam with L2 regularisation in place of weight decay."""

from __future__ import annotations

from collections.abc import Iterator

from trainlint.findings import Finding, Level
from trainlint.rule import Rule
from trainlint.trace import Trace
from trainlint.trace.events import Made
from trainlint.trace.values import Library


class AdamWithL2(Rule):
    """Adam is given `weight_decay`, which it adds to the gradient.

    ## What it finds

    `Adam`, `NAdam` or `RAdam` with a `weight_decay` other than zero and without `decoupled_weight_decay=True`.

    ## Why it hurts

    Adam adds the decay to the gradient and then divides by the gradient's size: weights with large gradients hardly decay,
    and decay and learning rate can't be tuned apart. Loshchilov and Hutter, "Decoupled Weight Decay Regularization", 2019,
    show that this is why Adam generalised worse than SGD, and that decoupled decay (`AdamW`) mends it.

    ## Bad

    ```python
    import torch
    from torch import nn

    torch.manual_seed(0)
    model = nn.Linear(4, 1)
    optimizer = torch.optim.Adam(model.parameters(), lr=1e-3, weight_decay=1e-2)  # expect: TL712

    for step in range(20):
        x = torch.randn(16, 4)
        loss = nn.functional.mse_loss(model(x), x.sum(1, keepdim=True))
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        print(step, loss.item())
    ```

    ## Good

    ```python
    import torch
    from torch import nn

    torch.manual_seed(0)
    model = nn.Linear(4, 1)
    optimizer = torch.optim.AdamW(model.parameters(), lr=1e-3, weight_decay=1e-2)

    for step in range(20):
        x = torch.randn(16, 4)
        loss = nn.functional.mse_loss(model(x), x.sum(1, keepdim=True))
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        print(step, loss.item())
    ```

    ## When it keeps silent

    Where the decay is zero or not known, and for `AdamW`.

    ## Remedy

    `torch.optim.AdamW` with a decay of its own, usually larger: 0.01 to 0.1.
    """

    code = "TL712"
    name = "adam-with-l2"
    level = Level.ADVICE

    def check(self, trace: Trace) -> Iterator[Finding]:
        for run in trace.runs:
            for made in run.of(Made):
                optimizer = made.thing
                if made.offered or not isinstance(optimizer, Library) or optimizer.trait("family") != "adam":
                    continue
                decay = optimizer.constant("weight_decay")
                if (
                    isinstance(decay, int | float)
                    and decay > 0
                    and optimizer.constant("decoupled_weight_decay") is not True
                ):
                    yield self.finding(
                        made.place,
                        f"{optimizer.short} adds its weight decay of {decay:g} to the gradient and scales it away with it."
                        " AdamW keeps the two apart.",
                    )
