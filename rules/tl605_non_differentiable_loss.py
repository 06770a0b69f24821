"""TL605: an operation without gradient between the network and its loss."""

from __future__ import annotations

from collections.abc import Iterator

from trainlint.findings import Finding, Level
from trainlint.rule import Rule
from trainlint.trace import Trace
from trainlint.trace.queries_steps import not_differentiable


class NonDifferentiableLoss(Rule):
    """The loss is computed from what has no gradient: a choice, a rounding or a comparison of the network's output.

    ## What it finds

    `argmax` (also the indices of `max` and `topk`), `round`, `sign`, or a comparison between the network's output and a loss that
    is back-propagated, or one term of it.

    ## Why it hurts

    These functions are flat wherever they are smooth: PyTorch gives a gradient of zero for rounding and signs, and cuts the
    graph at choices and comparisons. A loss behind one trains nothing. As a term beside another loss it changes the
    printed numbers alone: no parameter ever hears of it (PyTorch's documentation, "Autograd mechanics").

    ## Bad

    ```python
    import torch
    from torch import nn

    torch.manual_seed(0)
    model = nn.Linear(4, 3)
    optimizer = torch.optim.AdamW(model.parameters(), lr=1e-3)

    for step in range(20):
        x = torch.randn(16, 4)
        scores = model(x)
        chosen = scores.argmax(dim=1)  # expect: TL605
        flips = (chosen[1:] - chosen[:-1]).abs().float().mean()
        loss = nn.functional.cross_entropy(scores, x.argmax(dim=1) % 3) + 0.1 * flips
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
    model = nn.Linear(4, 3)
    optimizer = torch.optim.AdamW(model.parameters(), lr=1e-3)

    for step in range(20):
        x = torch.randn(16, 4)
        scores = model(x)
        soft = scores.softmax(dim=1)
        flips = (soft[1:] - soft[:-1]).abs().sum(dim=1).mean()
        loss = nn.functional.cross_entropy(scores, x.argmax(dim=1) % 3) + 0.1 * flips
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        print(step, loss.item())
    ```

    ## When it keeps silent

    For targets that are made this way (pseudo-labels, a teacher's choice); for comparisons that select or weigh terms which
    have a gradient; for straight-through estimators, in which another path carries it; for metrics beside the loss; and
    where it is not known whether there is a graph.

    ## Remedy

    Take probabilities in place of the choice (softmax, sigmoid, a soft count), a straight-through estimator such as
    `F.gumbel_softmax(hard=True)`, or a policy gradient. What is only to be watched, print.
    """

    code = "TL605"
    name = "non-differentiable-loss"
    level = Level.ERROR

    def check(self, trace: Trace) -> Iterator[Finding]:
        for run in trace.runs:
            for found, backward, is_term in not_differentiable(run.gradients):
                what = {"argmax": "A choice of the largest", "round": "Rounding", "sign": "A sign"}.get(
                    found.operation, "A comparison"
                )
                gets = "this term of the loss trains nothing" if is_term else "the loss trains nothing"
                yield self.finding(
                    found.place,
                    f"{what} has no gradient, so {gets}. Compute it from scores or probabilities.",
                    related=[(backward.place, "backward is called here")],
                )
