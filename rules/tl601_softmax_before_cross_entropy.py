"""TL601: softmax or sigmoid output goes into cross entropy."""

from __future__ import annotations

from collections.abc import Iterator

from trainlint.findings import Finding, Level
from trainlint.rule import Rule
from trainlint.trace import Trace
from trainlint.trace.edits import UNSAFE
from trainlint.trace.queries_losses import PROBABILITIES, criterion_name, mismatches


class SoftmaxBeforeCrossEntropy(Rule):
    """Probabilities are given to cross entropy, which applies softmax itself.

    ## What it finds

    The output of `softmax` or `sigmoid` that reaches `nn.CrossEntropyLoss` or `F.cross_entropy`, also where the
    activation is the last layer of the model in another file. One finding for each activation; the loss is where it
    stands.

    ## Why it hurts

    PyTorch's documentation says that the input of `CrossEntropyLoss` is expected to be the unnormalised logits for
    each class: the loss holds a log-softmax. With a second softmax the scores lie between 0 and 1, the loss of ten
    classes can't fall below about 1.46, gradients are tiny where the model is wrong, and training crawls. A saturated
    unit in front of the loss is what "Common Practices, Part 1, P23" watches for.

    ## Bad

    ```python
    import torch
    from torch import nn

    torch.manual_seed(0)
    inputs, labels = torch.randn(64, 8), torch.randint(0, 3, (64,))
    model = nn.Sequential(nn.Linear(8, 16), nn.ReLU(), nn.Linear(16, 3), nn.Softmax(dim=1))
    criterion = nn.CrossEntropyLoss()
    loss = criterion(model(inputs), labels)  # expect: TL601
    print(loss.item())
    ```

    ## Good

    ```python
    import torch
    from torch import nn

    torch.manual_seed(0)
    inputs, labels = torch.randn(64, 8), torch.randint(0, 3, (64,))
    model = nn.Sequential(nn.Linear(8, 16), nn.ReLU(), nn.Linear(16, 3))
    criterion = nn.CrossEntropyLoss()
    scores = model(inputs)
    loss = criterion(scores, labels)
    print(loss.item(), torch.softmax(scores, dim=1).max().item())
    ```

    ## When it keeps silent

    For `log_softmax`, which a second log-softmax leaves as it is; for a softmax that only a metric or a report uses;
    where the probabilities are turned into something else on the way (a logarithm, a product, another layer); and
    where the path to the loss can't be followed.

    ## Remedy

    Remove the activation, give the raw scores to the loss, and apply `torch.softmax` where probabilities are read.
    `trainlint.runtime.check_overfit` shows it: even a handful of samples can't be brought to zero loss.

    ## Fix safety

    Unsafe: the activation is taken out, though its output may be read elsewhere too.
    """

    code = "TL601"
    name = "softmax-before-cross-entropy"
    level = Level.ERROR
    reads_recorded = True

    def check(self, trace: Trace) -> Iterator[Finding]:
        for run in trace.runs:
            for found in mismatches(run, {"cross_entropy"}, PROBABILITIES):
                activation = found.operation.name
                yield self.finding(
                    found.loss.place,
                    f"{criterion_name(found.loss)} is given the output of {activation}, but applies log-softmax itself: "
                    f"the scores are squashed twice. Give it the raw scores, and use {activation} only where"
                    " probabilities are read.",
                    related=[
                        (found.operation.place, f"{activation} is applied here"),
                        *((loss.place, "and its output is given to this loss too") for loss in found.others),
                    ],
                    fix=trace.edit.fix(f"Leave {activation} out", UNSAFE, trace.edit.unwrap(found.operation.place)),
                )
