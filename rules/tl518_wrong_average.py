"""TL518: a total is divided by something else than what it adds up."""

from __future__ import annotations

from collections.abc import Iterator

from trainlint.findings import Finding, Level
from trainlint.rule import Rule
from trainlint.trace import Trace
from trainlint.trace.events import Averaged


class WrongAverage(Rule):
    """A total of batch means is divided by the number of samples, or a total over samples by the number of batches.

    ## What it finds

    A loop over batches adds up means (`total += loss.item()`) and the total is divided by `len(loader.dataset)`; or it adds up
    sums (`correct += (predicted == y).sum().item()`) and divides by `len(loader)`; or it goes over a part of a data set
    by a `SubsetRandomSampler` and divides by the size of the whole.

    ## Why it hurts

    The number is wrong by about the batch size. It still falls while the training goes well, so nobody sees it, until it is
    compared with that of another batch size, another loader or another paper. Losses average over the batch by default
    (PyTorch's documentation, `reduction="mean"`). "Common Practices, Part 1", P5: the loss is monitored, which asks for a
    number that can be compared.

    ## Bad

    ```python
    import torch
    from torch import nn
    from torch.utils.data import DataLoader, TensorDataset

    torch.manual_seed(0)
    loader = DataLoader(TensorDataset(torch.randn(256, 8), torch.randn(256, 1)), batch_size=32)
    model = nn.Linear(8, 1)
    criterion = nn.MSELoss()

    model.eval()
    total = 0.0
    with torch.no_grad():
        for x, y in loader:
            total += criterion(model(x), y).item()
    print(total / len(loader.dataset))  # expect: TL518
    ```

    ## Good

    ```python
    import torch
    from torch import nn
    from torch.utils.data import DataLoader, TensorDataset

    torch.manual_seed(0)
    loader = DataLoader(TensorDataset(torch.randn(256, 8), torch.randn(256, 1)), batch_size=32)
    model = nn.Linear(8, 1)
    criterion = nn.MSELoss()

    model.eval()
    total = 0.0
    with torch.no_grad():
        for x, y in loader:
            total += criterion(model(x), y).item() * len(x)
    print(total / len(loader.dataset))
    ```

    ## When it keeps silent

    Where it isn't certain what is added up (a loss of several terms, a metric of unknown code) or what it is divided by, and for
    batches of one, where both are the same.

    ## Remedy

    Weight each batch by its size (`loss.item() * len(x)`) and divide by the number of samples; or add up means and divide by
    `len(loader)`, which is off only where the last batch is smaller. `torchmetrics.MeanMetric` takes the weights.
    """

    code = "TL518"
    name = "wrong-average"
    level = Level.WARNING

    def check(self, trace: Trace) -> Iterator[Finding]:
        for run in trace.runs:
            for event in run.of(Averaged):
                if not event.offered and (message := _message(event)):
                    yield self.finding(event.place, message, related=[(event.added, "it is added up here")])


def _message(event: Averaged) -> str | None:
    total, count = event.words
    if event.total == "means" and event.count == "samples":
        return (
            f"`{total}` adds up one mean a batch, and `{count}` is the number of samples: the average is too small by the"
            " batch size. Divide by the number of batches, or weight each mean by its batch's size."
        )
    if event.total == "sums" and event.count == "batches":
        return (
            f"`{total}` adds up all samples of each batch, and `{count}` is the number of batches: the average is too large by"
            " the batch size. Divide by the number of samples."
        )
    if event.total == "sums" and event.part:
        return (
            f"`{total}` adds up the samples that the sampler picks, and `{count}` counts the whole data set. Divide by the"
            " sampler's length."
        )
    return None
