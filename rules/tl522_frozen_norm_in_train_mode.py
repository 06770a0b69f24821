"""TL522: a frozen network runs in train mode, and its batch-norm statistics drift."""

from __future__ import annotations

from collections.abc import Iterator

from trainlint.findings import Finding, Level
from trainlint.rule import Rule
from trainlint.trace import Trace
from trainlint.trace.queries_frozen import Drifting, drifting
from trainlint.trace.sequence import title


class FrozenNormInTrainMode(Rule):
    """A part is frozen and runs in train mode, so that its batch-norm statistics go on changing.

    ## What it finds

    A network with batch norm whose parameters are frozen by `requires_grad = False`, and that a training runs in train mode;
    or batch norms that were put into eval mode before the training, and that the next `train()` puts back.

    ## Why it hurts

    `requires_grad = False` stops the gradients and nothing else. In train mode batch norm normalises by the batch at hand and
    moves its running mean and variance with every batch: the frozen part gives other features in evaluation than in training,
    and is no longer the one that was pretrained (PyTorch's documentation, `torch.nn.BatchNorm2d`; Keras's guide on transfer
    learning says the same of its layer).

    ## Bad

    ```python
    import torch
    from torch import nn

    torch.manual_seed(0)
    backbone = nn.Sequential(nn.Linear(4, 8), nn.BatchNorm1d(8), nn.ReLU())
    for parameter in backbone.parameters():
        parameter.requires_grad = False
    model = nn.Sequential(backbone, nn.Linear(8, 1))
    optimizer = torch.optim.AdamW(model[1].parameters(), lr=1e-3)

    model.train()  # expect: TL522
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
    backbone = nn.Sequential(nn.Linear(4, 8), nn.BatchNorm1d(8), nn.ReLU())
    for parameter in backbone.parameters():
        parameter.requires_grad = False
    model = nn.Sequential(backbone, nn.Linear(8, 1))
    optimizer = torch.optim.AdamW(model[1].parameters(), lr=1e-3)

    model.train()
    backbone.eval()
    for step in range(20):
        x = torch.randn(16, 4)
        loss = nn.functional.mse_loss(model(x), x.sum(1, keepdim=True))
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        print(step, loss.item())
    ```

    ## When it keeps silent

    For networks that are not known to hold batch norm; when the frozen part, or its batch norms, are put into eval mode after
    `train()`, also by a `train` method of the module's own; when it is thawed again; for copies and moving averages
    (momentum encoders, target networks); and behind options.

    ## Remedy

    Call `eval()` of the frozen part after each `train()` of the whole, best in a `train` method of the module that holds it.
    """

    code = "TL522"
    name = "frozen-norm-in-train-mode"
    level = Level.WARNING

    def check(self, trace: Trace) -> Iterator[Finding]:
        for run in trace.runs:
            for found in drifting(run):
                where = "put into eval mode here" if found.thawed else "frozen here"
                yield self.finding(found.place, _message(found), related=[(found.frozen.place, where)])


def _message(found: Drifting) -> str:
    network = title(found.network, "the network")
    if found.thawed:
        return (
            f"The batch norms of {network} were put into eval mode before, and this puts them back: their statistics drift with"
            " each batch. Put them into eval mode after each `train()`."
        )
    return (
        f"{network} is frozen but runs in train mode: its batch-norm statistics drift with each batch. Call `eval()` of the"
        " frozen part after `train()`."
    )
