"""TL207: the step of a gradient check does not fit the precision."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TypeAlias

from trainlint.findings import Finding, Level
from trainlint.rule import Rule
from trainlint.trace import Trace
from trainlint.trace.events import GradientChecked, NumericGradient

SMALLEST = {True: 1e-8, False: 1e-4}
LARGEST_DOUBLE = 1e-2
Step: TypeAlias = tuple[GradientChecked | NumericGradient, float, float]


class GradcheckStepSize(Rule):
    """The step of a gradient check does not fit the precision that it is computed in.

    ## What it finds

    A constant step (`eps` of `gradcheck`, the divisor of a hand-written difference quotient) below 1e-4 in single
    precision, or below 1e-8 or above 1e-2 in double precision.

    ## Why it hurts

    With too small a step the two values agree in nearly all of their digits, and their difference is rounding error. With
    too large a one the difference is the slope of a chord, not that of the function. "Common Practices, Part 1", P7: choose
    the step to fit; the default of `torch.autograd.gradcheck`, 1e-6, is chosen for double precision.

    ## Bad

    ```python
    import torch
    from torch import nn

    torch.manual_seed(0)
    layer = nn.Bilinear(3, 3, 2).double()
    left = torch.randn(4, 3, dtype=torch.float64, requires_grad=True)
    right = torch.randn(4, 3, dtype=torch.float64, requires_grad=True)
    print(torch.autograd.gradcheck(layer, (left, right), eps=1e-12, raise_exception=False))  # expect: TL207
    ```

    ## Good

    ```python
    import torch
    from torch import nn

    torch.manual_seed(0)
    layer = nn.Bilinear(3, 3, 2).double()
    left = torch.randn(4, 3, dtype=torch.float64, requires_grad=True)
    right = torch.randn(4, 3, dtype=torch.float64, requires_grad=True)
    print(torch.autograd.gradcheck(layer, (left, right), eps=1e-6))
    ```

    ## When it keeps silent

    When the step or the precision is not known, and where a check in single precision has the default step of `gradcheck`:
    TL202 speaks then.

    ## Remedy

    Check in double precision with a step around 1e-6, which is the default. `trainlint.runtime.check_gradients` chooses a
    step that fits.
    """

    code = "TL207"
    name = "gradcheck-step-size"
    level = Level.WARNING

    def check(self, trace: Trace) -> Iterator[Finding]:
        for run in trace.runs:
            checks = run.of(GradientChecked)
            steps: list[Step] = [(event, event.step, event.step) for event in checks if event.step is not None]
            # The divisor is the step or twice the step: what holds for both is sure.
            steps += [(event, event.divisor / 2, event.divisor) for event in run.of(NumericGradient)]
            for event, least, most in steps:
                double = event.double
                if double is None or event.offered:
                    continue
                if not double and isinstance(event, GradientChecked) and most == 1e-6:
                    continue
                if most < SMALLEST[double] or (double and least > LARGEST_DOUBLE):
                    precision, fault = "double" if double else "single", "small" if most < SMALLEST[double] else "large"
                    yield self.finding(
                        event.place,
                        f"A step of {most:g} is too {fault} for a gradient check in {precision} precision. Check in double"
                        " precision with a step around 1e-6.",
                    )
