"""TL513: an optimizer goes on with the parameters of what was replaced."""

from __future__ import annotations

from collections.abc import Iterator

from trainlint.findings import Finding, Level
from trainlint.rule import Rule
from trainlint.trace import Trace
from trainlint.trace.queries_replaced import Stale, stale
from trainlint.trace.sequence import title


class OptimizerHoldsStaleParameters(Rule):
    """The model or one of its layers is replaced after the optimizer took its parameters.

    ## What it finds

    An optimizer is made from a network's parameters; then the network is made anew or deep-copied under the same name, gets
    a new layer, or is sharded (FSDP, `fully_shard`); and the optimizer steps on.

    ## Why it hurts

    An optimizer keeps the parameter objects that it was given. The new ones get gradients and are never updated, while the
    old ones have no influence any more: the loss stays where it is, or only a part of the network learns (PyTorch's
    documentation, `torch.optim`: "If you need to move a model to GPU ... please do so before constructing optimizers for
    it"; `FullyShardedDataParallel`: "the optimizer must be initialized after the module has been wrapped").

    ## Bad

    ```python
    import torch
    from torch import nn

    torch.manual_seed(0)
    model = nn.Sequential(nn.Linear(4, 8), nn.ReLU(), nn.Linear(8, 2))
    optimizer = torch.optim.AdamW(model.parameters(), lr=1e-3)
    model[2] = nn.Linear(8, 1)  # expect: TL513

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

    torch.manual_seed(0)
    model = nn.Sequential(nn.Linear(4, 8), nn.ReLU(), nn.Linear(8, 2))
    model[2] = nn.Linear(8, 1)
    optimizer = torch.optim.AdamW(model.parameters(), lr=1e-3)

    for step in range(20):
        x = torch.randn(16, 4)
        loss = nn.functional.mse_loss(model(x), x.sum(1, keepdim=True))
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        print(step, loss.item())
    ```

    ## When it keeps silent

    For `.to(device)`, `DataParallel`, `DistributedDataParallel`, `torch.compile` and FSDP's `use_orig_params=True`, which
    keep the parameters; for what a framework prepares; when the optimizer is made anew, gets further parameters, or another
    optimizer has the new ones; for copies that are only evaluated; and behind options.

    ## Remedy

    Make the optimizer after the network has its final form, or hand the new parameters to `optimizer.add_param_group`.
    """

    code = "TL513"
    name = "optimizer-holds-stale-parameters"
    level = Level.ERROR

    def check(self, trace: Trace) -> Iterator[Finding]:
        for run in trace.runs:
            for found in stale(run.gradients):
                place = found.replacement.place
                yield self.finding(
                    place, _message(found), related=[(found.optimizer.place, "the optimizer is made here")]
                )


def _message(found: Stale) -> str:
    optimizer = title(found.optimizer, "the optimizer")
    what = found.replacement.what
    if found.how == "sharded":
        return f"{optimizer} holds the parameters from before the sharding. Make it after the model is wrapped."
    if found.how == "layer":
        layer = "this layer" if what.isdigit() else f"`{what}`"
        return (
            f"{optimizer} took the parameters before {layer} was put in: the new layer is never updated. Make the"
            " optimizer afterwards."
        )
    return (
        f"{optimizer} goes on with the parameters of the network that was `{what}` before: the new one is never updated."
        " Make a new optimizer from it."
    )
