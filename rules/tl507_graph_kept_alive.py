"""TL507: a loss is kept with its graph."""

from __future__ import annotations

from collections.abc import Iterator

from trainlint.findings import Finding, Fix, Level, Place
from trainlint.rule import Rule
from trainlint.trace import Trace
from trainlint.trace.edits import SAFE, Editor
from trainlint.trace.queries_retained import kept_graphs


class GraphKeptAlive(Rule):
    """A loss or output is summed up or stored with its autograd graph.

    ## What it finds

    `total += loss`, `losses.append(loss)` and the like in a batch loop, where `loss` still holds its graph and the sum is
    never back-propagated.

    ## Why it hurts

    As long as a tensor lives, so does the graph that it came from, with the activations that are kept for the backward pass.
    Summed over an epoch, the graphs of all batches hang together: memory grows from batch to batch until it runs out, in the
    middle of an epoch, on a machine that ran the first batches well (PyTorch's documentation, "Frequently Asked Questions":
    "Don't accumulate history across your training loop").

    ## Bad

    ```python
    import torch
    from torch import nn

    torch.manual_seed(0)
    model = nn.Linear(4, 1)
    optimizer = torch.optim.AdamW(model.parameters(), lr=1e-3)

    total = 0.0
    for step in range(20):
        x = torch.randn(16, 4)
        loss = nn.functional.mse_loss(model(x), x.sum(1, keepdim=True))
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        total += loss  # expect: TL507
    print(total / 20)
    ```

    ## Good

    ```python
    import torch
    from torch import nn

    torch.manual_seed(0)
    model = nn.Linear(4, 1)
    optimizer = torch.optim.AdamW(model.parameters(), lr=1e-3)

    total = 0.0
    for step in range(20):
        x = torch.randn(16, 4)
        loss = nn.functional.mse_loss(model(x), x.sum(1, keepdim=True))
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        total += loss.item()
    print(total / 20)
    ```

    ## When it keeps silent

    When the sum or list is back-propagated later (policy gradients, losses of several heads); when the value has no graph
    (`.item()`, `.detach()`, a comparison, under `no_grad`), or is not known to have one; and for sums that begin anew in each
    round.

    ## Remedy

    Keep `loss.item()`, or `loss.detach()` where the number is not needed at once: `.item()` waits for the GPU.

    ## Fix safety

    Safe: what is kept is detached, its value stays.
    """

    code = "TL507"
    name = "graph-kept-alive"
    level = Level.WARNING

    def check(self, trace: Trace) -> Iterator[Finding]:
        for run in trace.runs:
            for event, place in kept_graphs(run):
                verb = "added to" if event.how == "+=" else "stored in"
                yield self.finding(
                    place,
                    f"What is {verb} `{event.into}` still holds its graph: the graphs of all rounds stay in memory. Keep"
                    " `.item()` or `.detach()` of it.",
                    fix=_detached(trace.edit, place),
                )


def _detached(edit: Editor, place: Place) -> Fix | None:
    value = edit.added(place)
    return (
        edit.fix("Detach it from its graph", SAFE, edit.call_method(value, "detach()")) if value is not None else None
    )
