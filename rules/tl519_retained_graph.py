"""TL519: the graph of each batch is kept for a second backward pass that never comes."""

from __future__ import annotations

from collections.abc import Iterator

from trainlint.findings import Finding, Level
from trainlint.rule import Rule
from trainlint.trace import Trace
from trainlint.trace.queries_retained import retained_for_nothing


class RetainedGraph(Rule):
    """`backward(retain_graph=True)` keeps a graph that nothing goes back through again.

    ## What it finds

    `retain_graph=True` at the only backward pass of a training loop, which goes back through what the same round of the
    loop computed.

    ## Why it hurts

    Mostly it was put there to silence "Trying to backward through the graph a second time", which says that something of an
    earlier batch is still attached: a hidden state, a memory, a running average. The error goes away, and each batch goes
    back through all batches before it: time and memory grow until the run stops. Where nothing is carried over, the memory
    of the graph is merely freed later (PyTorch's documentation, `torch.Tensor.backward`: "in nearly all cases setting this
    option to True is not needed and often can be worked around in a much more efficient way").

    ## Bad

    ```python
    import torch
    from torch import nn

    torch.manual_seed(0)
    model = nn.Linear(4, 1)
    optimizer = torch.optim.AdamW(model.parameters(), lr=1e-3)

    smooth = 0.0
    for step in range(20):
        x = torch.randn(16, 4)
        loss = nn.functional.mse_loss(model(x), x.sum(1, keepdim=True))
        smooth = 0.9 * smooth + 0.1 * loss
        optimizer.zero_grad()
        smooth.backward(retain_graph=True)  # expect: TL519
        optimizer.step()
        print(step, smooth.item())
    ```

    ## Good

    ```python
    import torch
    from torch import nn

    torch.manual_seed(0)
    model = nn.Linear(4, 1)
    optimizer = torch.optim.AdamW(model.parameters(), lr=1e-3)

    smooth = 0.0
    for step in range(20):
        x = torch.randn(16, 4)
        loss = nn.functional.mse_loss(model(x), x.sum(1, keepdim=True))
        smooth = 0.9 * smooth + 0.1 * loss.item()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        print(step, smooth)
    ```

    ## When it keeps silent

    Where the loop goes back, or takes gradients, more than once (several losses over one graph, adversarial training,
    higher-order gradients); where a part of the graph was computed before the loop; where unknown code is given the loss;
    and for options.

    ## Remedy

    Leave `retain_graph` out. If the next batch then fails, `detach()` the state that it takes over from the one before.
    """

    code = "TL519"
    name = "retained-graph"
    level = Level.WARNING

    def check(self, trace: Trace) -> Iterator[Finding]:
        for run in trace.runs:
            for event in retained_for_nothing(run):
                message = (
                    "`retain_graph=True` keeps the graph of each batch, and nothing goes back through it again. Leave it"
                    " out; if the next batch fails without it, detach what is carried over from the one before."
                )
                yield self.finding(event.place, message)
