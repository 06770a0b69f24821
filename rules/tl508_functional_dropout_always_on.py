"""TL508: F.dropout that is never turned off."""

from __future__ import annotations

from collections.abc import Iterator

from trainlint.findings import Finding, Level
from trainlint.rule import Rule
from trainlint.trace import Trace
from trainlint.trace.edits import SAFE
from trainlint.trace.events import Operated
from trainlint.trace.values import Constant, Data


class FunctionalDropoutAlwaysOn(Rule):
    """A functional dropout in a module's forward pass never hears of eval mode.

    ## What it finds

    `F.dropout(x)` in a module's forward pass without `training=self.training`.

    ## Why it hurts

    `F.dropout` drops by default (`training=True`), and knows nothing of the module it stands in. After `model.eval()` it
    still drops: validation and test are measured on a network with units missing at random, differently each time, and the
    deployed model answers at random (PyTorch's documentation of `torch.nn.functional.dropout`).

    ## Bad

    ```python
    import torch
    import torch.nn.functional as F
    from torch import nn


    class Head(nn.Module):
        def __init__(self):
            super().__init__()
            self.hidden, self.out = nn.Linear(4, 16), nn.Linear(16, 2)

        def forward(self, x):
            x = F.dropout(F.relu(self.hidden(x)), p=0.5)  # expect: TL508
            return self.out(x)


    torch.manual_seed(0)
    head = Head().eval()
    print(head(torch.ones(1, 4)))
    ```

    ## Good

    ```python
    import torch
    import torch.nn.functional as F
    from torch import nn


    class Head(nn.Module):
        def __init__(self):
            super().__init__()
            self.hidden, self.out = nn.Linear(4, 16), nn.Linear(16, 2)

        def forward(self, x):
            x = F.dropout(F.relu(self.hidden(x)), p=0.5, training=self.training)
            return self.out(x)


    torch.manual_seed(0)
    head = Head().eval()
    print(head(torch.ones(1, 4)))
    ```

    ## When it keeps silent

    When `training` is given, also as `True` (Monte-Carlo dropout says so); when the rate is 0; when the call stands under
    `if self.training`; and outside of modules.

    ## Remedy

    Pass `training=self.training`, or make an `nn.Dropout` in `__init__`, which knows the mode by itself.

    ## Fix safety

    Safe: `training=self.training` is added.
    """

    code = "TL508"
    name = "functional-dropout-always-on"
    level = Level.ERROR

    def check(self, trace: Trace) -> Iterator[Finding]:
        for run in trace.runs:
            for event in run.of(Operated):
                if event.operation == "dropout" and event.in_forward and not event.offered and _always_on(event):
                    yield self.finding(
                        event.place,
                        "`F.dropout` drops in eval mode too, since its `training` is True unless told otherwise. Pass"
                        " `training=self.training`.",
                        fix=trace.edit.fix(
                            "Pass `training=self.training`",
                            SAFE,
                            trace.edit.set_argument(event.place, "training", "self.training"),
                        ),
                    )


def _always_on(event: Operated) -> bool:
    arguments = event.arguments
    if event.layer is not None or arguments.keys() & {"training", "train", "**"} or "alpha" in event.function:
        return False
    rate = arguments.get("p")
    if isinstance(rate, Constant) and rate.value == 0:
        return False
    tests = [guard.test for guard in event.guards]
    return not any(isinstance(test, Data) and (test.origin or "").startswith("training") for test in tests)
