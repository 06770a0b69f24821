"""TL205: analytic and numeric gradient are compared by their difference alone."""

from __future__ import annotations

from collections.abc import Iterator

from trainlint.findings import Finding, Level, Place
from trainlint.rule import Rule
from trainlint.trace import Trace
from trainlint.trace.events import Escaped, GradientsCompared
from trainlint.trace.merge import tokens_of
from trainlint.trace.tokens import GradientErrorToken
from trainlint.trace.view import Run


class AbsoluteGradientError(Rule):
    """Analytic and numeric gradient are compared by an absolute difference.

    ## What it finds

    A hand-written numeric gradient from which the analytic one is subtracted, where the difference is never divided by the size
    of the gradients nor compared with a share of it; and `allclose` of the two with `rtol=0`.

    ## Why it hurts

    Gradients have any size. A difference of 1e-4 is nothing for gradients around 1 and all wrong for gradients around 1e-5: a
    fixed tolerance passes wrong gradients that are small, and fails right ones that are large. "Common Practices, Part 1",
    P6: relative, not absolute errors.

    ## Bad

    ```python
    import torch
    from torch import nn

    torch.manual_seed(0)
    model = nn.Linear(3, 1).double()
    x = torch.randn(4, 3, dtype=torch.float64)
    h = 1e-5

    model(x).pow(2).mean().backward()
    analytic = model.weight.grad[0, 0].item()
    with torch.no_grad():
        model.weight[0, 0] += h
        above = model(x).pow(2).mean()
        model.weight[0, 0] -= 2 * h
        below = model(x).pow(2).mean()
    numeric = (above - below) / (2 * h)
    print("right:", abs(numeric - analytic) < 1e-6)  # expect: TL205
    ```

    ## Good

    ```python
    import torch
    from torch import nn

    torch.manual_seed(0)
    model = nn.Linear(3, 1).double()
    x = torch.randn(4, 3, dtype=torch.float64)
    h = 1e-5

    model(x).pow(2).mean().backward()
    analytic = model.weight.grad[0, 0].item()
    with torch.no_grad():
        model.weight[0, 0] += h
        above = model(x).pow(2).mean()
        model.weight[0, 0] -= 2 * h
        below = model(x).pow(2).mean()
    numeric = (above - below) / (2 * h)
    print("right:", abs(numeric - analytic) / max(abs(numeric), abs(analytic)) < 1e-6)
    ```

    ## When it keeps silent

    Where the difference is divided by anything that is no constant, where the tolerance is a share of a gradient, where unknown
    code is handed the difference, and for `gradcheck`, which has a relative tolerance of its own.

    ## Remedy

    Divide by the larger of the two, `abs(numeric - analytic) / max(abs(numeric), abs(analytic))`, or use
    `torch.autograd.gradcheck`. `trainlint.runtime.check_gradients` reports relative errors.
    """

    code = "TL205"
    name = "absolute-gradient-error"
    level = Level.WARNING

    def check(self, trace: Trace) -> Iterator[Finding]:
        for run in trace.runs:
            compared = run.of(GradientsCompared)
            if not compared:
                continue
            relative = {event.place for event in compared if event.relative} | _handed_over(run)
            for event in compared:
                if event.place not in relative and not event.offered:
                    yield self.finding(
                        event.place,
                        "The numeric and the analytic gradient are compared by their difference alone. Divide it by the larger"
                        " of the two: what is close depends on how large the gradient is.",
                    )


def _handed_over(run: Run) -> set[Place]:
    """The comparisons whose outcome reaches unknown code, which may see it in proportion."""
    return {
        token.place
        for event in run.of(Escaped)
        for value in event.values
        for token in tokens_of(value)
        if isinstance(token, GradientErrorToken)
    }
