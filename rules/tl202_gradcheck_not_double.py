"""TL202: gradients are checked in less than double precision."""

from __future__ import annotations

from collections.abc import Iterator

from trainlint.findings import Finding, Fix, Level
from trainlint.rule import Rule
from trainlint.trace import Trace
from trainlint.trace.edits import UNSAFE, Editor
from trainlint.trace.events import GradientChecked, NumericGradient


class GradcheckNotDouble(Rule):
    """Gradients are checked in single or half precision.

    ## What it finds

    `gradcheck` or `gradgradcheck` with inputs or a module that are not `float64`, also with a larger `eps` and looser
    tolerances; and a hand-written difference quotient of the losses of such a module.

    ## Why it hurts

    The numeric gradient is a small difference divided by a small step. In single precision seven digits of the two values
    are known, and hardly any of their difference: right gradients fail, and tolerances that let them pass let wrong ones
    pass too. "Common Practices, Part 1", P7: double precision for the check; `torch.autograd.gradcheck`'s documentation:
    the default tolerances are for inputs of double precision.

    ## Bad

    ```python
    import torch
    from torch import nn

    torch.manual_seed(0)
    layer = nn.Bilinear(3, 3, 2)
    left = torch.randn(4, 3, requires_grad=True)
    right = torch.randn(4, 3, requires_grad=True)
    print(torch.autograd.gradcheck(layer, (left, right), eps=1e-3, atol=1e-2, raise_exception=False))  # expect: TL202
    ```

    ## Good

    ```python
    import torch
    from torch import nn

    torch.manual_seed(0)
    layer = nn.Bilinear(3, 3, 2).double()
    left = torch.randn(4, 3, dtype=torch.float64, requires_grad=True)
    right = torch.randn(4, 3, dtype=torch.float64, requires_grad=True)
    print(torch.autograd.gradcheck(layer, (left, right)))
    ```

    ## When it keeps silent

    When the precision is not known: inputs that come from elsewhere, a `dtype` that is a parameter.

    ## Remedy

    Make inputs and module `float64` (`.double()`, `dtype=torch.float64`) and leave `eps` and the tolerances as they are.
    `trainlint.runtime.check_gradients` converts a copy of the module by itself.

    ## Fix safety

    Unsafe: the module is in double precision from there on. Only where the module itself is checked, and torch's factories
    make the inputs in the same block.
    """

    code = "TL202"
    name = "gradcheck-not-double"
    level = Level.ERROR

    def check(self, trace: Trace) -> Iterator[Finding]:
        for run in trace.runs:
            checks: list[GradientChecked | NumericGradient] = [*run.of(GradientChecked), *run.of(NumericGradient)]
            for event in checks:
                if event.double is False and not event.offered:
                    yield self.finding(
                        event.place,
                        "Gradients are checked in less than double precision, in which a difference quotient has hardly a"
                        " digit that is right. Make inputs and module `float64`.",
                        fix=_doubled(trace.edit, event),
                    )


def _doubled(edit: Editor, event: GradientChecked | NumericGradient) -> Fix | None:
    """Double the module where it is checked itself, and make the inputs in double precision where torch's factories do."""
    if not isinstance(event, GradientChecked):
        return None
    module, inputs = edit.argument(event.place, "func", 0), edit.argument(event.place, "inputs", 1)
    if module is None or inputs is None or not edit.is_dotted(module):
        return None
    doubled = edit.insert_before(event.place, f"{edit.text(module)}.double()")
    made = [
        edit.set_argument(place, "dtype", "torch.float64")
        for place in edit.made(inputs)
        if edit.receiver(place) == "torch"
    ]
    return edit.fix("Check in double precision", UNSAFE, doubled, *made) if made else None
