"""TL503: gradients that nothing uses, or a step without gradients."""

from __future__ import annotations

from collections.abc import Iterator

from trainlint.findings import Finding, Level
from trainlint.rule import Rule
from trainlint.trace import Trace
from trainlint.trace.queries_steps import never_stepped, stepping_on_nothing
from trainlint.trace.sequence import title


class IncompleteStep(Rule):
    """A loop computes gradients and never steps, or steps without gradients.

    ## What it finds

    A loop with `backward()` whose optimizer never steps (a forgotten `optimizer.step()`, or the scheduler's step in its
    place), and a loop with `optimizer.step()` in which nothing computes a gradient.

    ## Why it hurts

    The weights stay what they were. The loss still moves a little from batch to batch, so that the log looks like a training
    that does not learn, and the search begins at the learning rate, the data, the architecture. With two networks, one of
    them stays random: a generator is trained against a critic that never learns (PyTorch's documentation, "Optimizing Model
    Parameters": zero, backward, step).

    ## Bad

    ```python
    import torch
    from torch import nn

    torch.manual_seed(0)
    model = nn.Linear(4, 1)
    optimizer = torch.optim.AdamW(model.parameters(), lr=1e-3)

    for step in range(20):
        x = torch.randn(16, 4)
        loss = nn.functional.mse_loss(model(x), x.sum(1, keepdim=True))
        optimizer.zero_grad()
        loss.backward()  # expect: TL503
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
        loss = nn.functional.mse_loss(model(x), x.sum(1, keepdim=True))
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        print(step, loss.item())
    ```

    ## When it keeps silent

    When the program reads the gradients itself (a hand-written update, a saliency map, an analysis of gradients); when a
    framework steps; and when the optimizer reaches code that the linter cannot see, which may step there.

    ## Remedy

    Call `optimizer.step()` after `backward()`, and `scheduler.step()` besides it, not instead of it.
    """

    code = "TL503"
    name = "incomplete-step"
    level = Level.ERROR
    reads_recorded = True

    def check(self, trace: Trace) -> Iterator[Finding]:
        for run in trace.runs:
            if not run.complete:
                continue
            for optimizer, backward in never_stepped(run.gradients):
                yield self.finding(
                    backward.place,
                    f"{title(optimizer, 'The optimizer')} never steps: these gradients change nothing. Call"
                    " `step()` after `backward()`.",
                    related=[(optimizer.place, "the optimizer is made here")],
                )
            for step in stepping_on_nothing(run.gradients):
                yield self.finding(
                    step.place,
                    f"{title(step.optimizer, 'The optimizer')} steps, but nothing computes gradients: the step changes"
                    " nothing. Call `backward()` on the loss first.",
                )
