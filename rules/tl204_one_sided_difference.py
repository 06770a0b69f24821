"""TL204: a numeric gradient by a one-sided difference."""

from __future__ import annotations

from collections.abc import Iterator

from trainlint.findings import Finding, Level
from trainlint.rule import Rule
from trainlint.trace import Trace
from trainlint.trace.events import NumericGradient


class OneSidedDifference(Rule):
    """A numeric gradient is computed by a forward or backward difference.

    ## What it finds

    A hand-written difference quotient of two losses of one network, divided by the very step that a parameter is moved by,
    instead of twice that step.

    ## Why it hurts

    The error of a one-sided difference shrinks with the step, that of a central one with its square: at a step of 1e-5 the
    one has five digits, the other ten. Right gradients then look wrong, and tolerances wide enough for them hide wrong
    ones. "Common Practices, Part 1", P5: central differences for the numeric gradient.

    ## Bad

    ```python
    import torch
    from torch import nn

    torch.manual_seed(0)
    model = nn.Linear(3, 1).double()
    x = torch.randn(4, 3, dtype=torch.float64)
    h = 1e-5

    with torch.no_grad():
        before = model(x).pow(2).mean()
        model.weight[0, 0] += h
        after = model(x).pow(2).mean()
    print("numeric gradient:", (after - before) / h)  # expect: TL204
    ```

    ## Good

    ```python
    import torch
    from torch import nn

    torch.manual_seed(0)
    model = nn.Linear(3, 1).double()
    x = torch.randn(4, 3, dtype=torch.float64)
    h = 1e-5

    with torch.no_grad():
        model.weight[0, 0] += h
        above = model(x).pow(2).mean()
        model.weight[0, 0] -= 2 * h
        below = model(x).pow(2).mean()
    print("numeric gradient:", (above - below) / (2 * h))
    ```

    ## When it keeps silent

    When the step is not a constant, when the step that moves the parameter is not seen, and when half of the divisor is
    added or subtracted anywhere in the program: the difference is a central one then.

    ## Remedy

    Evaluate at `w + h` and `w - h` and divide by `2 * h`, or let `torch.autograd.gradcheck` do so.
    `trainlint.runtime.check_gradients` takes central differences of a whole module's loss.
    """

    code = "TL204"
    name = "one-sided-difference"
    level = Level.WARNING

    def check(self, trace: Trace) -> Iterator[Finding]:
        for run in trace.runs:
            for event in run.of(NumericGradient):
                if event.divisor in event.shifts and event.divisor / 2 not in event.shifts and not event.offered:
                    yield self.finding(
                        event.place,
                        f"The numeric gradient is a one-sided difference with a step of {event.divisor:g}. Evaluate on"
                        " both sides and divide by twice the step: a central difference is far more exact.",
                    )
