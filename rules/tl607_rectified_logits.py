"""TL607: a one-sided activation over the scores that a classification loss is given."""

from __future__ import annotations

from collections.abc import Iterator

from trainlint.findings import Finding, Level
from trainlint.rule import Rule
from trainlint.trace import Trace
from trainlint.trace.queries_losses import criterion_name, rectified


class RectifiedLogits(Rule):
    """The scores that a classification loss needs with either sign are made non-negative first.

    ## What it finds

    ReLU, `abs` or softplus right after the last layer, whose output goes into cross entropy or a logits loss, directly or
    by way of `log_softmax` or `sigmoid`. One finding for each activation, where it stands.

    ## Why it hurts

    The probability of a sigmoid over a number that is never negative is never below one half: a negative sample can't be told.
    Under a ReLU, class scores below zero get no gradient: a class whose score is zero for a sample can't recover there, and
    the network often stays at the loss of guessing. PyTorch's documentation of `CrossEntropyLoss` and
    `BCEWithLogitsLoss` asks for unnormalised logits; "Common Practices, Part 1", P24 warns of dying ReLUs.

    ## Bad

    ```python
    import torch
    from torch import nn
    from torch.nn import functional as F


    class Classifier(nn.Module):
        def __init__(self):
            super().__init__()
            self.hidden = nn.Linear(8, 16)
            self.scores = nn.Linear(16, 3)

        def forward(self, x):
            x = F.relu(self.hidden(x))
            return F.relu(self.scores(x))  # expect: TL607


    torch.manual_seed(0)
    inputs, labels = torch.randn(64, 8), torch.randint(0, 3, (64,))
    loss = F.cross_entropy(Classifier()(inputs), labels)
    print(loss.item())
    ```

    ## Good

    ```python
    import torch
    from torch import nn
    from torch.nn import functional as F


    class Classifier(nn.Module):
        def __init__(self):
            super().__init__()
            self.hidden = nn.Linear(8, 16)
            self.scores = nn.Linear(16, 3)

        def forward(self, x):
            x = F.relu(self.hidden(x))
            return self.scores(x)


    torch.manual_seed(0)
    inputs, labels = torch.randn(64, 8), torch.randint(0, 3, (64,))
    loss = F.cross_entropy(Classifier()(inputs), labels)
    print(loss.item())
    ```

    ## When it keeps silent

    For activations between layers; for those over a difference or a distance, which has one sign by itself; where pooling or
    another operation follows (as in the published SqueezeNet); and where the path to the loss can't be followed.

    ## Remedy

    Leave the activation out: the last layer's output is what the loss takes. `trainlint.runtime.check_overfit` shows
    that a handful of samples can't be brought to zero loss.
    """

    code = "TL607"
    name = "rectified-logits"
    level = Level.ERROR

    def check(self, trace: Trace) -> Iterator[Finding]:
        for run in trace.runs:
            for found in rectified(run):
                place = found.operation.made or found.operation.place
                yield self.finding(
                    place,
                    f"{_NAMES[found.operation.name]} makes the scores of the last layer non-negative, and"
                    f" {criterion_name(found.loss)} needs them with either sign. Leave it out.",
                    related=[(found.loss.place, "the loss is computed here")],
                )


_NAMES = {"relu": "ReLU", "abs": "`abs`", "softplus": "Softplus"}
