"""TL203: a backward pass that nothing checks."""

from __future__ import annotations

from collections.abc import Iterator

from trainlint.findings import Finding, Level
from trainlint.rule import Rule
from trainlint.trace import Trace
from trainlint.trace.queries_autograd import unchecked


class CustomBackwardUnchecked(Rule):
    """A backward pass is written by hand, and no test checks it.

    ## What it finds

    A `torch.autograd.Function`, or a backward pass given to a custom operator by `register_autograd`, that computes a gradient
    from saved tensors, while no linted file runs `gradcheck` on it or on what uses it. Once a file.

    ## Why it hurts

    A wrong gradient raises no error: the loss still falls, only slower or to a worse place. A check against numeric gradients
    finds the missing factor, the swapped transpose, the forgotten sum over a broadcast axis in a second. "Common Practices,
    Part 1", P4: compare the analytic with the numeric gradient of own layers before training.

    ## Bad

    ```python
    import torch


    class Cube(torch.autograd.Function):  # expect: TL203
        @staticmethod
        def forward(ctx, x):
            ctx.save_for_backward(x)
            return x**3

        @staticmethod
        def backward(ctx, grad_output):
            (x,) = ctx.saved_tensors
            return grad_output * 3 * x


    x = torch.randn(4, dtype=torch.float64, requires_grad=True)
    Cube.apply(x).sum().backward()
    print(x.grad)
    ```

    ## Good

    ```python
    import torch


    class Cube(torch.autograd.Function):
        @staticmethod
        def forward(ctx, x):
            ctx.save_for_backward(x)
            return x**3

        @staticmethod
        def backward(ctx, grad_output):
            (x,) = ctx.saved_tensors
            return grad_output * 3 * x**2


    x = torch.randn(4, dtype=torch.float64, requires_grad=True)
    assert torch.autograd.gradcheck(Cube.apply, (x,))
    ```

    ## When it keeps silent

    For a backward that is not meant to be the gradient or that a check can't confirm: straight-through estimators, gradient
    reversal and scaling, collectives, recomputation, noise. Where a linted file checks the function or something that uses it,
    where a linted test of the package looks at gradients, and where the project keeps tests that are not linted.

    ## Remedy

    Add a test: `torch.autograd.gradcheck(Cube.apply, inputs)` with small `float64` inputs. `trainlint.runtime.check_gradients`
    checks a whole module, and says which parameter is wrong.
    """

    code = "TL203"
    name = "custom-backward-unchecked"
    level = Level.WARNING

    def check(self, trace: Trace) -> Iterator[Finding]:
        for found in unchecked(trace):
            yield self.finding(
                found.place,
                f"No test checks the backward pass of `{found.name}`: a wrong gradient raises no error. Run"
                " `torch.autograd.gradcheck` on it with small `float64` inputs.",
            )
