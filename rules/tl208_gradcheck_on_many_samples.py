"""TL208: gradients are checked on a large batch."""

from __future__ import annotations

from collections.abc import Iterator

from trainlint.findings import Finding, Level
from trainlint.rule import Rule
from trainlint.trace import Trace
from trainlint.trace.events import GradientChecked

# Batches of this size are made for training.
LARGE = 64


class GradcheckOnManySamples(Rule):
    """Gradients are checked on a whole large batch.

    ## What it finds

    `gradcheck` on a drawn tensor of 64 or more rows, or on a whole batch of a loader with a batch size of 64 or more.

    ## Why it hurts

    ReLU, max pooling and absolute values have kinks, at which the numeric gradient is that of neither side. The more samples a
    check has, the more of them lie within a step of a kink, and the check fails for a backward pass that is right; it also takes
    two evaluations for each number of the input. "Common Practices, Part 1", P8: few data points meet fewer kinks.

    ## Bad

    ```python
    import torch
    from torch import nn

    torch.manual_seed(0)
    layer = nn.Sequential(nn.Linear(3, 2), nn.Softplus()).double()
    x = torch.randn(128, 3, dtype=torch.float64, requires_grad=True)
    print(torch.autograd.gradcheck(layer, (x,)))  # expect: TL208
    ```

    ## Good

    ```python
    import torch
    from torch import nn

    torch.manual_seed(0)
    layer = nn.Sequential(nn.Linear(3, 2), nn.Softplus()).double()
    x = torch.randn(4, 3, dtype=torch.float64, requires_grad=True)
    print(torch.autograd.gradcheck(layer, (x,)))
    ```

    ## When it keeps silent

    Where the size is no constant, and where a part of the batch is taken (`x[:4]`).

    ## Remedy

    Take two to eight samples. `trainlint.runtime.check_gradients` finds the inputs that lie near a kink, and names them.
    """

    code = "TL208"
    name = "gradcheck-on-many-samples"
    level = Level.ADVICE

    def check(self, trace: Trace) -> Iterator[Finding]:
        for run in trace.runs:
            for event in run.of(GradientChecked):
                if event.samples is not None and event.samples >= LARGE and not event.offered:
                    yield self.finding(
                        event.place,
                        f"Gradients are checked on {event.samples} samples. A few are enough, and meet fewer points at which"
                        " the function has no gradient.",
                    )
