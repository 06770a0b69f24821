"""TL526: the last batch's number is reported for the whole evaluation."""

from __future__ import annotations

from collections.abc import Iterator

from trainlint.findings import Finding, Level
from trainlint.rule import Rule
from trainlint.trace import Trace
from trainlint.trace.queries_reports import of_last_batch


class LastBatchReported(Rule):
    """What is reported for an evaluation is the number of its last batch.

    ## What it finds

    A loop over validation or test batches that assigns the loss or the accuracy anew in each round
    (`loss = criterion(...)` where `loss += ...` was meant), and a report of it after the loop.

    ## Why it hurts

    The last batch is a handful of samples, and often a smaller one than the others: the number jumps from epoch to
    epoch, and says little of the set. Checkpoints, early stopping and learning rates that go by it go by chance. "Common
    Practices, Part 1", P17 asks for the loss on the validation set.

    ## Bad

    ```python
    import torch
    from torch import nn
    from torch.utils.data import DataLoader, TensorDataset

    torch.manual_seed(0)
    val_loader = DataLoader(TensorDataset(torch.randn(64, 8), torch.randint(0, 3, (64,))), batch_size=16)
    model = nn.Linear(8, 3)
    with torch.no_grad():
        for x, y in val_loader:
            loss = nn.functional.cross_entropy(model(x), y)
    print("validation loss", loss.item())  # expect: TL526
    ```

    ## Good

    ```python
    import torch
    from torch import nn
    from torch.utils.data import DataLoader, TensorDataset

    torch.manual_seed(0)
    val_loader = DataLoader(TensorDataset(torch.randn(64, 8), torch.randint(0, 3, (64,))), batch_size=16)
    model = nn.Linear(8, 3)
    loss = 0.0
    with torch.no_grad():
        for x, y in val_loader:
            loss += nn.functional.cross_entropy(model(x), y).item()
    print("validation loss", loss / len(val_loader))
    ```

    ## When it keeps silent

    For the training's own loss, of which the last batch's is often printed as a sign of life; for running averages;
    where the loop is left early, or the loader gives all samples in one batch; and where it is not known that the data is
    validation or test data, or that the number is one batch's.

    ## Remedy

    Add up over the loop, and divide by the number of batches or samples.
    """

    code = "TL526"
    name = "last-batch-reported"
    level = Level.WARNING

    def check(self, trace: Trace) -> Iterator[Finding]:
        for run in trace.runs:
            for event, token in of_last_batch(run):
                yield self.finding(
                    event.place,
                    f"`{token.name}` is assigned anew for each batch, so that of the last one alone is reported here for the whole"
                    " evaluation. Add it up in the loop, and divide after it.",
                    related=[(token.place, "the evaluation's batches")],
                )
