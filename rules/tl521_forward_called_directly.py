"""TL521: a module's forward is called by name."""

from __future__ import annotations

from collections.abc import Iterator

from trainlint.findings import Finding, Fix, Level, Place
from trainlint.rule import Rule
from trainlint.trace import Trace
from trainlint.trace.edits import SAFE, Editor
from trainlint.trace.events import ForwardNamed


class ForwardCalledDirectly(Rule):
    """A module's forward pass is called as `module.forward(x)` instead of `module(x)`.

    ## What it finds

    `module.forward(x)` of any module; one finding a function.

    ## Why it hurts

    `module(x)` runs the hooks, then `forward`. Called by name, the hooks are skipped: `DistributedDataParallel` does not
    average the gradients, FSDP does not gather the weights, spectral and weight norm do not renew theirs, profilers,
    quantisation and activation monitors see nothing. Nothing fails (PyTorch's documentation of `torch.nn.Module.forward`:
    "one should call the Module instance afterwards instead of this").

    ## Bad

    ```python
    import torch
    from torch import nn

    torch.manual_seed(0)
    encoder = nn.utils.parametrizations.spectral_norm(nn.Linear(4, 2))
    print(encoder.forward(torch.randn(3, 4)))  # expect: TL521
    ```

    ## Good

    ```python
    import torch
    from torch import nn

    torch.manual_seed(0)
    encoder = nn.utils.parametrizations.spectral_norm(nn.Linear(4, 2))
    print(encoder(torch.randn(3, 4)))
    ```

    ## When it keeps silent

    For `super().forward(x)`, for a module's own `self.forward(x)`, and for objects that are not known to be modules.

    ## Remedy

    Call the module: `module(x)`.

    ## Fix safety

    Safe: the module is called, and its hooks run.
    """

    code = "TL521"
    name = "forward-called-directly"
    level = Level.WARNING

    def check(self, trace: Trace) -> Iterator[Finding]:
        for run in trace.runs:
            seen: set[tuple[str, Place | None]] = set()
            for event in run.of(ForwardNamed):
                spot = (event.place.path, event.function)
                if event.module and spot not in seen:
                    seen.add(spot)
                    yield self.finding(
                        event.place,
                        f"`{event.text}.forward(...)` skips the module's hooks. Call `{event.text}(...)`.",
                        fix=_called(trace.edit, event.place),
                    )


def _called(edit: Editor, place: Place) -> Fix | None:
    named = Place(place.path, place.end - len(".forward"), place.end)
    return edit.fix("Call the module", SAFE, edit.replace(named, "")) if edit.text(named) == ".forward" else None
