"""TL506: an evaluation that records a graph."""

from __future__ import annotations

from collections.abc import Iterator

from trainlint.findings import Edit, Finding, Level, Place
from trainlint.rule import Rule
from trainlint.trace import Trace
from trainlint.trace.edits import SAFE, Editor
from trainlint.trace.queries_evaluation import passes


class EvaluationTracksGradients(Rule):
    """An evaluation records the graph for a backward pass that never comes.

    ## What it finds

    A loss or metric on validation or test data with neither `torch.no_grad()` nor `torch.inference_mode()` on the way.
    `model.eval()` does not turn gradients off, and `volatile=True` has done nothing since PyTorch 0.4.

    ## Why it hurts

    All activations are kept until the result is dropped: the evaluation needs several times the memory and time that it has
    to, the batch has to be smaller than it could be, and a `backward()` called by mistake would train on held-out data
    (PyTorch's documentation, "Autograd mechanics", "Locally disabling gradient computation").

    ## Bad

    ```python
    import torch
    from torch import nn
    from torch.utils.data import DataLoader, TensorDataset

    torch.manual_seed(0)
    x = torch.randn(320, 4)
    y = x.sum(1, keepdim=True)
    train_loader = DataLoader(TensorDataset(x[:256], y[:256]), batch_size=32, shuffle=True)
    val_loader = DataLoader(TensorDataset(x[256:], y[256:]), batch_size=32)

    model = nn.Sequential(nn.Linear(4, 16), nn.ReLU(), nn.Linear(16, 1))
    optimizer = torch.optim.SGD(model.parameters(), lr=0.01, momentum=0.9)
    scheduler = torch.optim.lr_scheduler.StepLR(optimizer, step_size=2)
    criterion = nn.MSELoss()

    for epoch in range(4):
        for inputs, targets in train_loader:
            loss = criterion(model(inputs), targets)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
        scheduler.step()
        val_loss = 0.0
        for inputs, targets in val_loader:  # expect: TL506
            val_loss += criterion(model(inputs), targets).item()
        print(epoch, loss.item(), val_loss / len(val_loader))
        torch.save(model.state_dict(), "last.pt")
    ```

    ## Good

    ```python
    import torch
    from torch import nn
    from torch.utils.data import DataLoader, TensorDataset

    torch.manual_seed(0)
    x = torch.randn(320, 4)
    y = x.sum(1, keepdim=True)
    train_loader = DataLoader(TensorDataset(x[:256], y[:256]), batch_size=32, shuffle=True)
    val_loader = DataLoader(TensorDataset(x[256:], y[256:]), batch_size=32)

    model = nn.Sequential(nn.Linear(4, 16), nn.ReLU(), nn.Linear(16, 1))
    optimizer = torch.optim.SGD(model.parameters(), lr=0.01, momentum=0.9)
    scheduler = torch.optim.lr_scheduler.StepLR(optimizer, step_size=2)
    criterion = nn.MSELoss()

    for epoch in range(4):
        for inputs, targets in train_loader:
            loss = criterion(model(inputs), targets)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
        scheduler.step()
        val_loss = 0.0
        with torch.no_grad():
            for inputs, targets in val_loader:
                val_loss += criterion(model(inputs), targets).item()
        print(epoch, loss.item(), val_loss / len(val_loader))
        torch.save(model.state_dict(), "last.pt")
    ```

    ## When it keeps silent

    When the decorator, the caller or `set_grad_enabled` turns gradients off; when the evaluation goes back itself, to adapt
    to the held-out data; where a framework evaluates; and for functions that nothing in the project calls.

    ## Remedy

    Put `with torch.no_grad():` or `torch.inference_mode()` around the loop, or `@torch.no_grad()` on the function.

    ## Fix safety

    Safe: the loop moves under `with torch.no_grad():`. Not where shifting its lines would change a string.
    """

    code = "TL506"
    name = "evaluation-tracks-gradients"
    level = Level.WARNING
    reads_recorded = True

    def check(self, trace: Trace) -> Iterator[Finding]:
        for run in trace.runs:
            for found in passes(run):
                if found.forward.gradients is True:
                    source = found.evaluation.source
                    data = f"`{source.label}`" if source is not None else "held-out data"
                    yield self.finding(
                        found.place,
                        f"The evaluation on {data} records a graph for gradients that nobody computes. Put it under"
                        " `torch.no_grad()`.",
                        related=[(found.forward.place, "the forward pass is here")],
                        fix=trace.edit.fix("Put it under `torch.no_grad()`", SAFE, *_ungraded(trace.edit, found.place)),
                    )


def _ungraded(edit: Editor, place: Place) -> tuple[Edit, ...]:
    torch = edit.imported_as(place.path, "torch")
    return edit.under(place, f"with {torch}.no_grad():") if torch is not None else ()
