"""TL527: an optimizer has a part of a network, and nothing has the rest."""

from __future__ import annotations

from collections.abc import Iterator

from trainlint.findings import Finding, Level
from trainlint.rule import Rule
from trainlint.trace import Trace
from trainlint.trace.queries_left_out import left_out
from trainlint.trace.sequence import title


class ParametersLeftOut(Rule):
    """The optimizer holds a part of a network, and the rest never learns.

    ## What it finds

    An optimizer made from the parameters of some parts of a network (`model.head.parameters()`), while other parts of the same
    network, made from scratch, get gradients and are in no optimizer.

    ## Why it hurts

    The forgotten parts keep the random weights that they began with. The loss falls all the same, as the trained parts make
    the best of random features, so that nothing looks wrong. What should stay as it is says so by `requires_grad = False`,
    which also spares its gradients (PyTorch's documentation, `torch.optim`: the optimizer updates what it is given;
    "Autograd mechanics", "Setting requires_grad").

    ## Bad

    ```python
    import torch
    from torch import nn


    class Regressor(nn.Module):
        def __init__(self):
            super().__init__()
            self.body = nn.Sequential(nn.Linear(4, 16), nn.ReLU())
            self.head = nn.Linear(16, 1)

        def forward(self, x):
            return self.head(self.body(x))


    torch.manual_seed(0)
    model = Regressor()
    optimizer = torch.optim.AdamW(model.head.parameters(), lr=1e-3)  # expect: TL527

    for step in range(20):
        x = torch.randn(16, 4)
        loss = nn.functional.mse_loss(model(x), x.sum(1, keepdim=True))
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        print(step, loss.item())
    ```

    ## Good

    ```python
    import torch
    from torch import nn


    class Regressor(nn.Module):
        def __init__(self):
            super().__init__()
            self.body = nn.Sequential(nn.Linear(4, 16), nn.ReLU())
            self.head = nn.Linear(16, 1)

        def forward(self, x):
            return self.head(self.body(x))


    torch.manual_seed(0)
    model = Regressor()
    optimizer = torch.optim.AdamW(
        [{"params": model.body.parameters()}, {"params": model.head.parameters(), "lr": 1e-2}], lr=1e-3
    )

    for step in range(20):
        x = torch.randn(16, 4)
        loss = nn.functional.mse_loss(model(x), x.sum(1, keepdim=True))
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        print(step, loss.item())
    ```

    ## When it keeps silent

    When the other parts are ready-made or loaded (a new head of a pretrained network), frozen, copies, averages, or in another
    optimizer; when the forward pass keeps gradients from something; when parameters are added later, by a callback such as
    Lightning's `BackboneFinetuning` too; and where a part of the network, or what an optimizer was given, is not known.

    ## Remedy

    Give the optimizer `model.parameters()`, or all parts as groups; freeze on purpose by `requires_grad_(False)`.
    """

    code = "TL527"
    name = "parameters-left-out"
    level = Level.WARNING

    def check(self, trace: Trace) -> Iterator[Finding]:
        for run in trace.runs:
            for found in left_out(run):
                place = found.optimizer.place
                if place is None:
                    continue
                network = title(found.network, "the network")
                names = ", ".join(f"`{name}`" for name, _ in found.parts)
                message = (
                    f"The rest of {network} ({names}) gets gradients and is in no optimizer: it keeps its random weights. Give"
                    " its parameters to the optimizer as well, or freeze it."
                )
                yield self.finding(place, message, related=[(getattr(found.parts[0][1], "place", None), "left out")])
