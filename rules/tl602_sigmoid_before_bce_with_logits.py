"""TL602: sigmoid output goes into the binary cross entropy that takes logits."""

from __future__ import annotations

from collections.abc import Iterator

from trainlint.findings import Finding, Level
from trainlint.rule import Rule
from trainlint.trace import Trace
from trainlint.trace.edits import UNSAFE
from trainlint.trace.queries_losses import PROBABILITIES, criterion_name, mismatches


class SigmoidBeforeBceWithLogits(Rule):
    """Probabilities are given to the binary cross entropy that applies the sigmoid itself.

    ## What it finds

    The output of `sigmoid` (or `softmax`) that reaches `nn.BCEWithLogitsLoss` or
    `F.binary_cross_entropy_with_logits` as the prediction. One finding for each activation; the loss is where it stands.

    ## Why it hurts

    PyTorch's documentation: `BCEWithLogitsLoss` "combines a Sigmoid layer and the BCELoss in one single class". A
    probability between 0 and 1 becomes a second one between 0.5 and 0.73: no sample can ever be called negative, and
    the gradients of both sigmoids are multiplied, the saturation that "Common Practices, Part 1, P23" watches for.

    ## Bad

    ```python
    import torch
    import torch.nn.functional as F
    from torch import nn


    class Detector(nn.Module):
        def __init__(self):
            super().__init__()
            self.hidden = nn.Linear(8, 16)
            self.out = nn.Linear(16, 1)

        def forward(self, x):
            return torch.sigmoid(self.out(torch.tanh(self.hidden(x))))


    torch.manual_seed(0)
    inputs, labels = torch.randn(64, 8), torch.randint(0, 2, (64, 1)).float()
    loss = F.binary_cross_entropy_with_logits(Detector()(inputs), labels)  # expect: TL602
    print(loss.item())
    ```

    ## Good

    ```python
    import torch
    import torch.nn.functional as F
    from torch import nn


    class Detector(nn.Module):
        def __init__(self):
            super().__init__()
            self.hidden = nn.Linear(8, 16)
            self.out = nn.Linear(16, 1)

        def forward(self, x):
            return self.out(torch.tanh(self.hidden(x)))


    torch.manual_seed(0)
    inputs, labels = torch.randn(64, 8), torch.randint(0, 2, (64, 1)).float()
    loss = F.binary_cross_entropy_with_logits(Detector()(inputs), labels)
    print(loss.item())
    ```

    ## When it keeps silent

    Where the sigmoid makes the target (distillation), or only feeds a metric; where the probabilities are turned into
    something else before the loss; and where the path to the loss can't be followed.

    ## Remedy

    Remove the sigmoid from the way to the loss, or use `nn.BCELoss`, which takes probabilities (and is less stable).

    ## Fix safety

    Unsafe: the activation is taken out, though its output may be read elsewhere too.
    """

    code = "TL602"
    name = "sigmoid-before-bce-with-logits"
    level = Level.ERROR
    reads_recorded = True

    def check(self, trace: Trace) -> Iterator[Finding]:
        for run in trace.runs:
            for found in mismatches(run, {"bce_logits"}, PROBABILITIES):
                activation = found.operation.name
                yield self.finding(
                    found.loss.place,
                    f"{criterion_name(found.loss)} is given the output of {activation}, but applies the sigmoid itself:"
                    f" the scores are squashed twice. Give it the raw scores, and use {activation} only where"
                    " probabilities are read.",
                    related=[
                        (found.operation.place, f"{activation} is applied here"),
                        *((loss.place, "and its output is given to this loss too") for loss in found.others),
                    ],
                    fix=trace.edit.fix(f"Leave {activation} out", UNSAFE, trace.edit.unwrap(found.operation.place)),
                )
