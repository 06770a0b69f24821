"""TL509: backward on a loss that has no graph."""

from __future__ import annotations

from collections.abc import Iterator

from trainlint.findings import Finding, Level
from trainlint.rule import Rule
from trainlint.trace import Trace
from trainlint.trace.queries_steps import detached


class LossDetached(Rule):
    """The loss that is back-propagated was cut from the network's graph.

    ## What it finds

    `backward()` on a loss that on its way from the network went through `.item()`, `.detach()`, `.data`, numpy or
    `torch.tensor(...)`, or whose forward pass ran under `no_grad`.

    ## Why it hurts

    Gradients end where the graph was cut. Usually `backward()` raises an error then; with `requires_grad=True` on the
    re-wrapped loss it doesn't: it computes the gradient of the loss by itself, which is 1, and no parameter ever gets one. The
    training runs, and learns nothing (PyTorch's documentation, "Autograd mechanics").

    ## Bad

    ```python
    import torch
    from torch import nn

    torch.manual_seed(0)
    model = nn.Linear(4, 1)
    optimizer = torch.optim.AdamW(model.parameters(), lr=1e-3)

    for step in range(20):
        x = torch.randn(16, 4)
        error = (model(x) - x.sum(1, keepdim=True)).abs().mean()
        loss = torch.tensor(error.item(), requires_grad=True)  # expect: TL509
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
    optimizer = torch.optim.AdamW(model.parameters(), lr=1e-3)

    for step in range(20):
        x = torch.randn(16, 4)
        loss = (model(x) - x.sum(1, keepdim=True)).abs().mean()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        print(step, loss.item())
    ```

    ## When it keeps silent

    When another part of the loss still hangs on the graph (a detached baseline or target, the generator's output in a
    discriminator's step), when what cuts is an operation without gradient such as `argmax` (TL605 speaks then), and when it
    is not known whether there is a graph.

    ## Remedy

    Back-propagate the tensor that the network's output became, and take `.item()` of it for the log only.
    """

    code = "TL509"
    name = "loss-detached"
    level = Level.ERROR

    def check(self, trace: Trace) -> Iterator[Finding]:
        for run in trace.runs:
            for place, backward, how in detached(run.gradients):
                yield self.finding(place, _MESSAGES[how], related=[(backward.place, "backward is called here")])


_MESSAGES = {
    "cut": "The loss leaves the graph here, before `backward()`: no parameter gets a gradient. Back-propagate the tensor itself.",
    "no_grad": "This forward pass keeps no graph, since gradients are off, and its loss is back-propagated: no parameter gets a"
    " gradient.",
}
