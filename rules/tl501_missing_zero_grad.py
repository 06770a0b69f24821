"""TL501: gradients are not zeroed between one step and the next."""

from __future__ import annotations

from collections.abc import Iterator

from trainlint.findings import Finding, Fix, Level
from trainlint.rule import Rule
from trainlint.trace import Trace
from trainlint.trace.edits import SAFE, Editor
from trainlint.trace.events import Backward, OptimizerStep
from trainlint.trace.sequence import GradientFlow, title


class MissingZeroGrad(Rule):
    """Gradients are not zeroed between one step and the next.

    ## What it finds

    A loop in which `backward()` and an optimizer's step follow each other round by round, and no `zero_grad()` of that
    optimizer's parameters in between: never, or only outside the batch loop.

    ## Why it hurts

    `backward()` adds to `.grad`, it does not replace it (PyTorch's documentation, "Zeroing out gradients in PyTorch"). Each
    step then follows the sum of all gradients since the beginning, most of them computed at weights that are long gone. It
    acts like a momentum that never decays: the loss falls at first, then the updates grow and it swings or diverges.

    ## Bad

    ```python
    import torch
    from torch import nn

    torch.manual_seed(0)
    model = nn.Linear(4, 1)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.01, momentum=0.9)

    for step in range(20):
        x = torch.randn(16, 4)
        loss = nn.functional.mse_loss(model(x), x.sum(1, keepdim=True))
        loss.backward()  # expect: TL501
        optimizer.step()
        print(step, loss.item())
    ```

    ## Good

    ```python
    import torch
    from torch import nn

    torch.manual_seed(0)
    model = nn.Linear(4, 1)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.01, momentum=0.9)

    for step in range(20):
        x = torch.randn(16, 4)
        loss = nn.functional.mse_loss(model(x), x.sum(1, keepdim=True))
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        print(step, loss.item())
    ```

    ## When it keeps silent

    When gradients are accumulated over a few batches on purpose and zeroed after the step; when the network's own
    `zero_grad()`, `p.grad = None` or a helper function zeroes them; when `torch.autograd.grad` returns the gradients, which
    adds nothing to `.grad`; when a framework zeroes them; and when the optimizer or the network is handed to code that the
    linter cannot see between the steps.

    ## Remedy

    Call `optimizer.zero_grad()` once for every `optimizer.step()`: right after the step, or right before `backward()`.

    ## Fix safety

    Safe where `backward()` and the optimizer's `step()` stand in one block: the zeroing goes right before `backward()`. An
    accumulation is left to its author.
    """

    code = "TL501"
    name = "missing-zero-grad"
    level = Level.ERROR
    reads_recorded = True

    def check(self, trace: Trace) -> Iterator[Finding]:
        for run in trace.runs:
            for step in run.gradients.steps:
                backward = _accumulating(run.gradients, step)
                if backward is not None:
                    yield self._found(run.gradients, step, backward, trace.edit)

    def _found(self, flow: GradientFlow, step: OptimizerStep, backward: Backward, edit: Editor) -> Finding:
        zeroed = [zero.place for zero in flow.zeroings(step)]
        what = title(step.optimizer, "the optimizer")
        if zeroed:
            message = (
                f"Gradients add up over the rounds of this loop: {what} steps each time, but they are zeroed outside the loop"
                " only. Zero them between one step and the next."
            )
        else:
            message = (
                f"Gradients are never zeroed: `backward()` adds to those of all earlier steps of {what}. Call"
                " `zero_grad()` between one step and the next."
            )
        related = [
            (step.place, "the step is here"),
            *((place, "the gradients are zeroed here") for place in zeroed[:1]),
        ]
        return self.finding(backward.place, message, related=related, fix=_zeroed(edit, step, backward))


def _accumulating(flow: GradientFlow, step: OptimizerStep) -> Backward | None:
    """The backward pass that adds to what an earlier one left behind before this step and the next."""
    following = flow.following(step)
    if following is None or flow.may_zero(step, following) or flow.hidden(step, following):
        return None
    backward = flow.backward_before(following, after=step.order)
    return backward if backward is not None and not backward.offered else None


def _zeroed(edit: Editor, step: OptimizerStep, backward: Backward) -> Fix | None:
    """Zero right before the backward pass, where one pass goes with one step: an accumulation is its author's to mend."""
    optimizer = edit.receiver(step.place)
    if step.via != "optimizer" or optimizer is None or not edit.same_block(step.place, backward.place):
        return None
    return edit.fix("Zero the gradients first", SAFE, edit.insert_before(backward.place, f"{optimizer}.zero_grad()"))
