"""TL514: layers in a plain list or dict."""

from __future__ import annotations

from collections.abc import Iterator

from trainlint.findings import Finding, Level, Place
from trainlint.rule import Rule
from trainlint.trace import Trace
from trainlint.trace.events import AttributeSet, Made
from trainlint.trace.values import DictValue, Instance
from trainlint.trace.view import Run


class UnregisteredModules(Rule):
    """Layers are kept in a plain list or dict, where the module does not see them.

    ## What it finds

    An attribute of a module that is a Python list, tuple or dict of layers made for it, which no `nn.ModuleList`,
    `nn.ModuleDict`, `nn.Sequential`, `add_module` or attribute of their own registers.

    ## Why it hurts

    A module knows of the modules that are its attributes. Those in a plain list are not in `parameters()`, so the optimizer
    never trains them; not in `state_dict()`, so a checkpoint loses them; and neither `to(device)` nor `eval()` reaches them.
    Training goes on with what is left, and the loss falls all the same (PyTorch's documentation of `torch.nn.ModuleList`).

    ## Bad

    ```python
    import torch
    from torch import nn


    class Tower(nn.Module):
        def __init__(self):
            super().__init__()
            self.layers = [nn.Linear(4, 4) for _ in range(3)]  # expect: TL514
            self.out = nn.Linear(4, 1)

        def forward(self, x):
            for layer in self.layers:
                x = torch.relu(layer(x))
            return self.out(x)


    print(sum(p.numel() for p in Tower().parameters()), "parameters")
    ```

    ## Good

    ```python
    import torch
    from torch import nn


    class Tower(nn.Module):
        def __init__(self):
            super().__init__()
            self.layers = nn.ModuleList(nn.Linear(4, 4) for _ in range(3))
            self.out = nn.Linear(4, 1)

        def forward(self, x):
            for layer in self.layers:
                x = torch.relu(layer(x))
            return self.out(x)


    print(sum(p.numel() for p in Tower().parameters()), "parameters")
    ```

    ## When it keeps silent

    When the layers are registered somewhere else too, before or after; for criteria, activations and other layers without
    parameters; and for networks that were made elsewhere and handed over, which are often hidden in a list on purpose (a
    frozen teacher).

    ## Remedy

    Use `nn.ModuleList` or `nn.ModuleDict` in place of the list or dict.
    """

    code = "TL514"
    name = "unregistered-modules"
    level = Level.ERROR

    def check(self, trace: Trace) -> Iterator[Finding]:
        for run in trace.runs:
            first: dict[tuple[int, str], Place] = {}
            for event in run.of(AttributeSet):
                place = first.setdefault((id(event.owner), event.attribute), event.place)
                loose = run.anatomy.loose.get(id(event.value))
                is_module = isinstance(event.owner, Instance) and "module" in event.owner.kinds
                if not loose or not is_module or event.offered:
                    continue
                if any(_made_for(run, event, id(part)) for part in loose):
                    kind, instead = (
                        ("dict", "ModuleDict") if isinstance(event.value, DictValue) else ("list", "ModuleList")
                    )
                    yield self.finding(
                        place,
                        f"The layers in `{event.attribute}` are not registered, since it is a plain {kind}: they are"
                        f" neither trained nor saved. Use `nn.{instead}`.",
                    )


def _made_for(run: Run, event: AttributeSet, part: int) -> bool:
    """Whether a layer was made in the call that keeps it, rather than handed over."""
    depth = len(event.calls)
    return any(id(made.thing) == part and made.calls[:depth] == event.calls for made in run.of(Made))
