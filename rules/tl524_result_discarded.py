"""TL524: a tensor method that works out of place is called for nothing."""

from __future__ import annotations

from collections.abc import Iterator

from trainlint.findings import Finding, Fix, Level, Place
from trainlint.rule import Rule
from trainlint.trace import Trace
from trainlint.trace.edits import UNSAFE, Editor
from trainlint.trace.queries_discarded import discarded_tensors


class ResultDiscarded(Rule):
    """The result of a tensor method that works out of place is thrown away.

    ## What it finds

    `x.to(device)`, `x.cuda()`, `x.detach()`, `x.float()`, `x.squeeze(1)` and their kin as a statement of their own, where `x`
    is a tensor: an element of a `DataLoader`'s batch, the output of a layer, a new tensor.

    ## Why it hurts

    These methods return another tensor and leave `x` as it is (PyTorch's documentation of `torch.Tensor.to`). The statement
    does nothing: data stays on the CPU and meets weights on the GPU, a target keeps its graph, labels keep their type. On
    a module the same call works in place, which makes the mistake easy to read over.

    ## Bad

    ```python
    import torch
    from torch import nn
    from torch.utils.data import DataLoader, TensorDataset

    torch.manual_seed(0)
    device = "cuda" if torch.cuda.is_available() else "cpu"
    loader = DataLoader(TensorDataset(torch.randn(64, 8), torch.randint(0, 3, (64,))), batch_size=16)
    model = nn.Linear(8, 3)
    with torch.no_grad():
        for x, y in loader:
            x.to(device)  # expect: TL524
            print((model(x).argmax(1) == y).float().mean().item())
    ```

    ## Good

    ```python
    import torch
    from torch import nn
    from torch.utils.data import DataLoader, TensorDataset

    torch.manual_seed(0)
    device = "cuda" if torch.cuda.is_available() else "cpu"
    loader = DataLoader(TensorDataset(torch.randn(64, 8), torch.randint(0, 3, (64,))), batch_size=16)
    model = nn.Linear(8, 3)
    model.to(device)
    with torch.no_grad():
        for x, y in loader:
            x, y = x.to(device), y.to(device)
            print((model(x).argmax(1) == y).float().mean().item())
    ```

    ## When it keeps silent

    For modules, and for whole batches and other objects that may move in place (what a tokenizer or a graph library
    gives); for methods whose name ends with an underscore; for a bare expression in a notebook, which shows its value.

    ## Remedy

    `x = x.to(device)`.

    ## Fix safety

    Unsafe: the result is assigned to the name that the method was called on. What follows then gets what the line asks
    for, on another device, of another type or cut from its graph.
    """

    code = "TL524"
    name = "result-discarded"
    level = Level.ERROR

    def check(self, trace: Trace) -> Iterator[Finding]:
        for run in trace.runs:
            for event in discarded_tensors(run):
                yield self.finding(
                    event.place,
                    f"`{event.method}` gives another tensor and leaves this one as it is, and its result is thrown away."
                    " Assign it.",
                    fix=_assigned(trace.edit, event.place),
                )


def _assigned(edit: Editor, place: Place) -> Fix | None:
    receiver = edit.receiver(place)
    if receiver is None:
        return None
    before = edit.replace(Place(place.path, place.start, place.start), f"{receiver} = ")
    return edit.fix(f"Assign the result to `{receiver}`", UNSAFE, before)
