"""TL533: predictions are gathered together with the padding of the last batch."""

from __future__ import annotations

from collections.abc import Iterator

from trainlint.findings import Finding, Level
from trainlint.rule import Rule
from trainlint.trace import Trace
from trainlint.trace.queries_frameworks import padded


class PaddingGathered(Rule):
    """Predictions of an evaluation are gathered by `gather` instead of `gather_for_metrics`.

    ## What it finds

    `accelerator.gather` of predictions and targets in a loop over a loader that Accelerate prepared, where nothing cuts the
    gathered samples to the number that there are.

    ## Why it hurts

    So that every process has as many samples as the others, Accelerate fills up the last batch with samples from the
    beginning of the data set. These count twice in the metric, which then depends on the number of processes (Hugging Face
    Accelerate's documentation, "Gather and compute metrics").

    ## Bad

    ```python
    import torch
    from accelerate import Accelerator
    from torch import nn
    from torch.utils.data import DataLoader, TensorDataset

    torch.manual_seed(0)
    accelerator = Accelerator(cpu=True)
    data = TensorDataset(torch.randn(50, 8), torch.randint(0, 3, (50,)))
    model, test_loader = accelerator.prepare(nn.Linear(8, 3), DataLoader(data, batch_size=16))

    model.eval()
    hits = []
    with torch.no_grad():
        for x, y in test_loader:
            predictions, targets = accelerator.gather((model(x).argmax(1), y))  # expect: TL533
            hits.append((predictions == targets).float())
    accelerator.print(torch.cat(hits).mean().item())
    ```

    ## Good

    ```python
    import torch
    from accelerate import Accelerator
    from torch import nn
    from torch.utils.data import DataLoader, TensorDataset

    torch.manual_seed(0)
    accelerator = Accelerator(cpu=True)
    data = TensorDataset(torch.randn(50, 8), torch.randint(0, 3, (50,)))
    model, test_loader = accelerator.prepare(nn.Linear(8, 3), DataLoader(data, batch_size=16))

    model.eval()
    hits = []
    with torch.no_grad():
        for x, y in test_loader:
            predictions, targets = accelerator.gather_for_metrics((model(x).argmax(1), y))
            hits.append((predictions == targets).float())
    accelerator.print(torch.cat(hits).mean().item())
    ```

    ## When it keeps silent

    When losses or sums are gathered; when the program cuts the gathered samples to their number itself; when the loader drops
    the last batch; with `even_batches=False`; and for loaders that nothing prepared.

    ## Remedy

    `accelerator.gather_for_metrics(...)` with the same arguments.
    """

    code = "TL533"
    name = "padding-gathered"
    level = Level.WARNING

    def check(self, trace: Trace) -> Iterator[Finding]:
        for run in trace.runs:
            for event, loader in padded(run):
                message = (
                    "The samples that fill up the last batch are gathered as well and count twice in the metric."
                    " Call `gather_for_metrics`."
                )
                yield self.finding(event.place, message, related=[(loader.place, "the loader is made here")])
