"""TL502: gradients are zeroed before they are used."""

from __future__ import annotations

from collections.abc import Iterator

from trainlint.findings import Finding, Level
from trainlint.rule import Rule
from trainlint.trace import Trace
from trainlint.trace.edits import SAFE, Editor
from trainlint.trace.events import OptimizerStep, ZeroGrad
from trainlint.trace.sequence import GradientFlow, further_guards, once_in_a_while, shared_loop, title
from trainlint.trace.values import Library


class GradientsDiscarded(Rule):
    """Gradients are zeroed before the step that should use them.

    ## What it finds

    A `zero_grad()` between `backward()` and the `step()` of the same parameters; and, where the step is taken every few
    batches only, a `zero_grad()` in each of them.

    ## Why it hurts

    After `zero_grad()` there is nothing left to step with: the optimizer moves by momentum and weight decay alone, or not at
    all. Zeroed in every micro-batch, an accumulation over eight batches throws seven of them away, and where the loss was
    divided by eight the learning rate has shrunk to an eighth too. Nothing fails; the training is only slower and noisier
    than it should be (PyTorch's documentation, "Automatic Mixed Precision examples", "Gradient accumulation").

    ## Bad

    ```python
    import torch
    from torch import nn

    torch.manual_seed(0)
    model = nn.Linear(4, 1)
    optimizer = torch.optim.AdamW(model.parameters(), lr=1e-3)
    accumulation = 4

    for step in range(40):
        x = torch.randn(16, 4)
        loss = nn.functional.mse_loss(model(x), x.sum(1, keepdim=True)) / accumulation
        optimizer.zero_grad()  # expect: TL502
        loss.backward()
        if (step + 1) % accumulation == 0:
            optimizer.step()
            print(step, loss.item())
    ```

    ## Good

    ```python
    import torch
    from torch import nn

    torch.manual_seed(0)
    model = nn.Linear(4, 1)
    optimizer = torch.optim.AdamW(model.parameters(), lr=1e-3)
    accumulation = 4

    for step in range(40):
        x = torch.randn(16, 4)
        loss = nn.functional.mse_loss(model(x), x.sum(1, keepdim=True)) / accumulation
        loss.backward()
        if (step + 1) % accumulation == 0:
            optimizer.step()
            optimizer.zero_grad()
            print(step, loss.item())
    ```

    ## When it keeps silent

    When the optimizer was prepared by Accelerate, which skips the zeroing while it accumulates; when gradients are thrown
    away under a condition of their own (a loss that is not finite); when another network's gradients are zeroed; and
    when the accumulation is over one batch unless an option says otherwise.

    ## Remedy

    Zero after the step, where the step is: `optimizer.step(); optimizer.zero_grad()`.

    ## Fix safety

    Safe: the zeroing moves to right behind the step.
    """

    code = "TL502"
    name = "gradients-discarded"
    level = Level.ERROR
    reads_recorded = True

    def check(self, trace: Trace) -> Iterator[Finding]:
        for run in trace.runs:
            for step in run.gradients.steps:
                zero = _wasted(run.gradients, step) or _in_each_round(run.gradients, step)
                if zero is not None:
                    yield self._found(step, zero, trace.edit)

    def _found(self, step: OptimizerStep, zero: ZeroGrad, edit: Editor) -> Finding:
        what = title(step.optimizer, "the optimizer")
        if once_in_a_while(step, zero):
            message = (
                f"Gradients are zeroed in every round, but {what} steps in some of them only: those of all other rounds are"
                " thrown away. Zero after the step, under the same condition."
            )
        else:
            message = (
                f"Gradients are zeroed after `backward()` and before {what} steps, which finds none. Zero before"
                " `backward()`, or after the step."
            )
        fix = edit.fix("Zero after the step", SAFE, *edit.move_after(zero.place, step.place))
        return self.finding(zero.place, message, related=[(step.place, "the step is here")], fix=fix)


def _wasted(flow: GradientFlow, step: OptimizerStep) -> ZeroGrad | None:
    backward = flow.backward_before(step)
    if backward is None or backward.offered or shared_loop(backward, step) is None:
        return None
    for zero in flow.between(backward, step, ZeroGrad):
        if flow.meet(zero, step) and not further_guards(zero, step) and not flow.alternatives(zero, step):
            return zero
    return None


def _in_each_round(flow: GradientFlow, step: OptimizerStep) -> ZeroGrad | None:
    """The zeroing that every round of an accumulation begins or ends with."""
    backward = flow.backward_before(step)
    if backward is None or backward.offered or _prepared(step) or not once_in_a_while(step, backward):
        return None
    loop = shared_loop(backward, step)
    for zero in flow.of(ZeroGrad):
        if loop is not None and shared_loop(zero, backward) is loop and flow.meet(zero, step) and not zero.offered:
            if zero.compatible(backward) and not further_guards(zero, backward):
                return zero
    return None


def _prepared(step: OptimizerStep) -> bool:
    return step.via != "optimizer" or (isinstance(step.optimizer, Library) and "prepared" in step.optimizer.state)
