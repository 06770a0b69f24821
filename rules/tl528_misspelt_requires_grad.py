"""TL528: something else than `requires_grad` is set, and nothing is frozen."""

from __future__ import annotations

from collections.abc import Iterator

from trainlint.findings import Finding, Level
from trainlint.rule import Rule
from trainlint.trace import Trace
from trainlint.trace.queries_freezing import RIGHT, misspelt


class MisspeltRequiresGrad(Rule):
    """An attribute that PyTorch does not know is set where `requires_grad` of a parameter is meant.

    ## What it finds

    `p.require_grad = False`, `p.requires_gard = False`, `p.requires_grad_ = False` and other near misses on parameters, tensors and
    networks; and `layer.requires_grad = False` on a layer or network, which has no such attribute.

    ## Why it hurts

    Python lets any attribute be set, so nothing complains, and nothing is frozen: the pretrained part is trained on, at a
    rate that is meant for a new head. PyTorch's documentation, "Autograd mechanics", says what does freeze: `requires_grad` of
    parameters, or `requires_grad_()` of a module.

    ## Bad

    ```python
    import torch
    from torch import nn

    torch.manual_seed(0)
    backbone, head = nn.Linear(8, 16), nn.Linear(16, 3)
    for parameter in backbone.parameters():
        parameter.require_grad = False  # expect: TL528
    head(backbone(torch.randn(4, 8))).sum().backward()
    print(backbone.weight.grad.norm().item())
    ```

    ## Good

    ```python
    import torch
    from torch import nn

    torch.manual_seed(0)
    backbone, head = nn.Linear(8, 16), nn.Linear(16, 3)
    for parameter in backbone.parameters():
        parameter.requires_grad = False
    head(backbone(torch.randn(4, 8))).sum().backward()
    print(backbone.weight.grad, head.weight.grad.norm().item())
    ```

    ## When it keeps silent

    For attributes that a class sets on itself, and for settings (`args.require_grad`), which the program reads by
    that name; and on parts of ready-made networks, which may be parameters.

    ## Remedy

    `parameter.requires_grad = False` for each parameter, or `module.requires_grad_(False)`.
    """

    code = "TL528"
    name = "misspelt-requires-grad"
    level = Level.ERROR

    def check(self, trace: Trace) -> Iterator[Finding]:
        for run in trace.runs:
            for event in misspelt(run):
                if event.attribute == RIGHT:
                    message = (
                        "A module has no `requires_grad`: setting it freezes nothing. Call `requires_grad_(False)` of the module,"
                        " or set it on each of its parameters."
                    )
                else:
                    message = (
                        f"PyTorch does not know `{event.attribute}`: setting it changes nothing. The attribute is called"
                        " `requires_grad`."
                    )
                yield self.finding(event.place, message)
