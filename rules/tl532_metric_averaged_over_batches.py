"""TL532: the mean of a metric over batches is another number than the metric."""

from __future__ import annotations

from collections.abc import Iterator

from trainlint.findings import Finding, Level
from trainlint.rule import Rule
from trainlint.trace import Trace
from trainlint.trace.queries_reports import of_batches


class MetricAveragedOverBatches(Rule):
    """A metric that must see all samples at once is computed batch by batch and averaged.

    ## What it finds

    AUC, F1, precision, recall, average precision, perplexity or R2, by scikit-learn, torchmetrics or a function of that
    name, of each batch of an evaluation, and a mean over the batches.

    ## Why it hurts

    These metrics compare samples with each other, or divide by numbers that differ from batch to batch: a batch without
    a positive sample has no AUC and a recall of 0 / 0. The mean depends on the batch size and on the order of the data,
    and is not the number that others report (scikit-learn's documentation of `roc_auc_score` wants all samples; torchmetrics gathers
    over batches for this reason).

    ## Bad

    ```python
    import torch
    from sklearn.metrics import f1_score
    from torch import nn
    from torch.utils.data import DataLoader, TensorDataset

    torch.manual_seed(0)
    val_loader = DataLoader(TensorDataset(torch.randn(64, 8), torch.randint(0, 2, (64,))), batch_size=16)
    model = nn.Linear(8, 2)
    scores = []
    with torch.no_grad():
        for x, y in val_loader:
            scores.append(f1_score(y, model(x).argmax(1), zero_division=0))
    print("F1", sum(scores) / len(scores))  # expect: TL532
    ```

    ## Good

    ```python
    import torch
    from sklearn.metrics import f1_score
    from torch import nn
    from torch.utils.data import DataLoader, TensorDataset

    torch.manual_seed(0)
    val_loader = DataLoader(TensorDataset(torch.randn(64, 8), torch.randint(0, 2, (64,))), batch_size=16)
    model = nn.Linear(8, 2)
    predictions, labels = [], []
    with torch.no_grad():
        for x, y in val_loader:
            predictions.append(model(x).argmax(1))
            labels.append(y)
    print("F1", f1_score(torch.cat(labels), torch.cat(predictions)))
    ```

    ## When it keeps silent

    For means over folds, classes, queries or runs; for loaders of single samples; for accuracies, errors and overlaps, and for
    scores averaged over samples (`average="samples"`, `"micro"`); for the running display of a training; and where the loop is
    not known to go over batches.

    ## Remedy

    Gather predictions and targets and compute the metric once, or use a metric object that gathers (`torchmetrics`): `update` in the
    loop, `compute` after it. Perplexity is the exponential of the mean loss.
    """

    code = "TL532"
    name = "metric-averaged-over-batches"
    level = Level.WARNING

    def check(self, trace: Trace) -> Iterator[Finding]:
        for run in trace.runs:
            for place, token in of_batches(run):
                yield self.finding(
                    place,
                    f"This is a mean of `{token.name}` over batches, which is another number than that of all samples: it"
                    " depends on the batch size. Gather the predictions and compute it once.",
                    related=[(token.place, "computed for each batch here")],
                )
