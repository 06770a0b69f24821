"""TL603: raw scores go into a loss that takes probabilities or their logarithms."""

from __future__ import annotations

from collections.abc import Iterator

from trainlint.findings import Finding, Fix, Level
from trainlint.rule import Rule
from trainlint.trace import Trace
from trainlint.trace.edits import UNSAFE, Editor
from trainlint.trace.queries_losses import PROBABILITIES, SCORES, Mismatch, criterion_name, mismatches


class RawScoresIntoProbabilityLoss(Rule):
    """A loss over probabilities or log-probabilities is given something else.

    ## What it finds

    `BCELoss` that is given the output of a linear or convolution layer without a sigmoid between them, and `NLLLoss`
    or `KLDivLoss` that is given such an output, or probabilities where their logarithms belong; the functional forms
    alike.

    ## Why it hurts

    `BCELoss` stops with an error on the first score outside 0 and 1, or works on a clamped input. `NLLLoss` and
    `KLDivLoss` check nothing: PyTorch's documentation of both expects log-probabilities. With anything else the loss
    is a plain weighted sum of scores, which falls without end (raw scores) or stays between -1 and 0 (probabilities);
    its curve, all that "Common Practices, Part 1, P15" has to go by, then says nothing.

    ## Bad

    ```python
    import torch
    from torch import nn

    torch.manual_seed(0)
    inputs, labels = torch.randn(64, 8), torch.randint(0, 3, (64,))
    model = nn.Sequential(nn.Linear(8, 16), nn.ReLU(), nn.Linear(16, 3))
    criterion = nn.NLLLoss()
    loss = criterion(model(inputs), labels)  # expect: TL603
    print(loss.item())
    ```

    ## Good

    ```python
    import torch
    from torch import nn

    torch.manual_seed(0)
    inputs, labels = torch.randn(64, 8), torch.randint(0, 3, (64,))
    model = nn.Sequential(nn.Linear(8, 16), nn.ReLU(), nn.Linear(16, 3), nn.LogSoftmax(dim=1))
    criterion = nn.NLLLoss()
    loss = criterion(model(inputs), labels)
    print(loss.item())
    ```

    ## When it keeps silent

    Where the last step before the loss isn't known: a ready-made or foreign network, an activation that an option
    chooses, a sum of several tensors. `log_softmax`, `logsigmoid` and a logarithm are right for `NLLLoss` and
    `KLDivLoss`.

    ## Remedy

    `BCEWithLogitsLoss` instead of `BCELoss`, `CrossEntropyLoss` instead of `NLLLoss`: both take raw scores and are more
    stable; or `F.log_softmax` before the loss.

    ## Fix safety

    Unsafe: the criterion is exchanged for the one that takes raw scores; another remedy is an activation in the network.
    """

    code = "TL603"
    name = "raw-scores-into-probability-loss"
    level = Level.ERROR

    def check(self, trace: Trace) -> Iterator[Finding]:
        for run in trace.runs:
            for found in mismatches(run, {"bce"}, SCORES):
                yield self._report(found, "probabilities", "Apply a sigmoid, or use BCEWithLogitsLoss.", trace.edit)
            for found in mismatches(run, {"nll", "kl"}, SCORES | PROBABILITIES):
                remedy = "Apply log_softmax before it" + (
                    ", or use CrossEntropyLoss." if found.loss.kind == "nll" else "."
                )
                yield self._report(found, "log-probabilities", remedy, trace.edit)

    def _report(self, found: Mismatch, wanted: str, remedy: str, edit: Editor) -> Finding:
        operation = found.operation
        scores = operation.name in SCORES
        given = f"the raw output of a {operation.name} layer" if scores else f"the output of {operation.name}"
        made = "the scores come out of this layer" if scores else f"{operation.name} is applied here"
        return self.finding(
            found.loss.place,
            f"{criterion_name(found.loss)} takes {wanted}, but is given {given}. {remedy}",
            related=[
                (operation.place, made),
                *((loss.place, "and this loss is given the same") for loss in found.others),
            ],
            fix=_suited(edit, found),
        )


# What each criterion on probabilities is on raw scores.
_ON_SCORES = {"BCELoss": "BCEWithLogitsLoss", "NLLLoss": "CrossEntropyLoss"}
_FUNCTIONS_ON_SCORES = {"binary_cross_entropy": "binary_cross_entropy_with_logits", "nll_loss": "cross_entropy"}


def _suited(edit: Editor, found: Mismatch) -> Fix | None:
    """The criterion that takes raw scores in the place of the one that does not."""
    if found.operation.name not in SCORES:
        return None
    made = getattr(found.loss.criterion, "place", None) or found.loss.place
    for old, new in (_ON_SCORES if made != found.loss.place else _FUNCTIONS_ON_SCORES).items():
        name = edit.callee_name(made, old)
        if name is not None:
            return edit.fix(f"Use {new}, which takes raw scores", UNSAFE, edit.replace(name, new))
    return None
