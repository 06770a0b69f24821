"""TL201: gradients are checked with dropout on."""

from __future__ import annotations

from collections.abc import Iterator

from trainlint.findings import Finding, Fix, Level, Place
from trainlint.rule import Rule
from trainlint.trace import Trace
from trainlint.trace.edits import UNSAFE, Editor
from trainlint.trace.events import GradientChecked, NumericGradient


class GradcheckWithDropout(Rule):
    """Gradients are checked while dropout is on.

    ## What it finds

    `gradcheck` or `gradgradcheck` of a function that draws dropout: a module in train mode with a dropout layer, also inside
    a lambda or a helper, or `F.dropout` that is on. A hand-written check is found by its quotient, the difference of two
    losses of the module divided by a small step.

    ## Why it hurts

    The check compares the analytic gradient with differences of two evaluations. With dropout each evaluation is another
    function, drawn anew: the differences measure the noise, divided by a step of a millionth. The check then fails for a
    backward pass that is right, or passes by a tolerance that hides a wrong one. "Common Practices, Part 1", P11: turn
    augmentation and dropout off while checking.

    ## Bad

    ```python
    import torch
    from torch import nn

    torch.manual_seed(0)
    block = nn.Sequential(nn.Linear(3, 8), nn.Tanh(), nn.Dropout(0.2), nn.Linear(8, 2)).double()
    x = torch.randn(4, 3, dtype=torch.float64, requires_grad=True)
    passed = torch.autograd.gradcheck(block, (x,), raise_exception=False)  # expect: TL201
    print("gradients are right:", passed)
    ```

    ## Good

    ```python
    import torch
    from torch import nn

    torch.manual_seed(0)
    block = nn.Sequential(nn.Linear(3, 8), nn.Tanh(), nn.Dropout(0.2), nn.Linear(8, 2)).double().eval()
    x = torch.randn(4, 3, dtype=torch.float64, requires_grad=True)
    passed = torch.autograd.gradcheck(block, (x,), raise_exception=False)
    print("gradients are right:", passed)
    ```

    ## When it keeps silent

    When the module is in eval mode, when its dropout rate is 0, and when nothing is known of its layers or mode.

    ## Remedy

    Call `module.eval()` before the check. `trainlint.runtime.check_gradients` does so, and proves that the forward pass gives
    the same result twice.

    ## Fix safety

    Unsafe: the module stays in eval mode after the check. Only where the module itself is what is checked.
    """

    code = "TL201"
    name = "gradcheck-with-dropout"
    level = Level.ERROR

    def check(self, trace: Trace) -> Iterator[Finding]:
        for run in trace.runs:
            checks: list[GradientChecked | NumericGradient] = [*run.of(GradientChecked), *run.of(NumericGradient)]
            for event in checks:
                if event.dropout and not event.offered:
                    yield self.finding(
                        event.place,
                        "Gradients are checked with dropout on: each evaluation is another function. Call `eval()` on the"
                        " module first, or give `F.dropout` its `training` flag.",
                        fix=_evaluated(trace.edit, event.place),
                    )


def _evaluated(edit: Editor, place: Place) -> Fix | None:
    """Where the module itself is what is checked."""
    module = edit.argument(place, "func", 0)
    if module is None or not edit.is_dotted(module):
        return None
    return edit.fix("Switch it to eval mode", UNSAFE, edit.insert_before(place, f"{edit.text(module)}.eval()"))
