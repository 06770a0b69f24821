"""TL209: gradients are checked with the regularisation term alone in the loss."""

from __future__ import annotations

from collections.abc import Iterator

from trainlint.findings import Finding, Level
from trainlint.rule import Rule
from trainlint.trace import Trace
from trainlint.trace.events import GradientChecked
from trainlint.trace.queries_gradchecks import checks


class GradcheckWithRegularization(Rule):
    """The loss that is checked holds a regularisation term, and is never checked without it.

    ## What it finds

    `gradcheck` of a function that adds a penalty of the parameters (a norm of `parameters()`, a term that is named a penalty or
    regularisation) to its loss, in a program that checks nothing else.

    ## Why it hurts

    The gradient of the penalty is simple and may well be the larger part: the check passes by it, while the gradient of the data
    term is wrong. "Common Practices, Part 1", P10: check without regularisation first, then with it.

    ## Bad

    ```python
    import torch
    from torch import nn

    torch.manual_seed(0)
    model = nn.Linear(3, 1).double()
    x = torch.randn(4, 3, dtype=torch.float64, requires_grad=True)
    y = torch.randn(4, 1, dtype=torch.float64)


    def loss(x):
        penalty = sum(weight.pow(2).sum() for weight in model.parameters())
        return nn.functional.mse_loss(model(x), y) + 0.1 * penalty


    print(torch.autograd.gradcheck(loss, (x,)))  # expect: TL209
    ```

    ## Good

    ```python
    import torch
    from torch import nn

    torch.manual_seed(0)
    model = nn.Linear(3, 1).double()
    x = torch.randn(4, 3, dtype=torch.float64, requires_grad=True)
    y = torch.randn(4, 1, dtype=torch.float64)


    def data_loss(x):
        return nn.functional.mse_loss(model(x), y)


    def loss(x):
        return data_loss(x) + 0.1 * sum(weight.pow(2).sum() for weight in model.parameters())


    print(torch.autograd.gradcheck(data_loss, (x,)), torch.autograd.gradcheck(loss, (x,)))
    ```

    ## When it keeps silent

    Where another check of the program has no penalty in it.

    ## Remedy

    Check the data term by itself first. `trainlint.runtime.check_gradients` takes the penalty as an argument of its own
    (`regularization=`), and checks without it and with it.
    """

    code = "TL209"
    name = "gradcheck-with-regularization"
    level = Level.ADVICE

    def check(self, trace: Trace) -> Iterator[Finding]:
        for run in trace.runs:
            found = checks(run)
            if all(isinstance(event, GradientChecked) and event.penalised for event in found):
                for event in found:
                    yield self.finding(
                        event.place,
                        "The loss is checked with its regularisation term alone, whose gradient may hide a wrong one of the"
                        " data term. Check it without the term first.",
                    )
