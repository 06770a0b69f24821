"""A momentum where batch norm takes eps."""

from __future__ import annotations

from collections.abc import Iterator

from trainlint.findings import Finding, Level
from trainlint.rule import Rule
from trainlint.trace import Trace
from trainlint.trace.events import Made
from trainlint.trace.values import Library

# PyTorch's default is 1e-5, TensorFlow's 1e-3; a momentum lies between 0.1 and 0.99.
LEAST_MOMENTUM = 0.05


class BatchNormEpsForMomentum(Rule):
    """A momentum is given to batch norm in second place, where `eps` stands.

    ## What it finds

    A batch-norm layer whose `eps` is 0.05 or more, and that is given no momentum: `BatchNorm2d(64, 0.8)`.

    ## Why it hurts

    `eps` is added to the variance before its root is taken. PyTorch's documentation of `BatchNorm2d` gives
    `eps=1e-05, momentum=0.1` in this order: with 0.8 for `eps`, features of small variance are hardly normalised, and
    the momentum stays at its default.

    ## Bad

    ```python
    import torch
    from torch import nn

    generator = nn.Sequential(
        nn.Linear(16, 32),
        nn.BatchNorm1d(32, 0.8),  # expect: TL305
        nn.ReLU(),
        nn.Linear(32, 4),
    )
    print(generator(torch.randn(8, 16)).shape)
    ```

    ## Good

    ```python
    import torch
    from torch import nn

    generator = nn.Sequential(
        nn.Linear(16, 32),
        nn.BatchNorm1d(32, momentum=0.2),
        nn.ReLU(),
        nn.Linear(32, 4),
    )
    print(generator(torch.randn(8, 16)).shape)
    ```

    ## When it keeps silent

    Where `eps` is below 0.05, is not a constant, or a momentum is given as well.

    ## Remedy

    Give it by name: `BatchNorm2d(64, momentum=0.2)`. In Keras `momentum` is the share of the old statistics that is
    kept; in PyTorch it is the share of the new ones: Keras' 0.8 is 0.2 here.
    """

    code = "TL305"
    name = "batch-norm-eps-for-momentum"
    level = Level.ERROR

    def check(self, trace: Trace) -> Iterator[Finding]:
        for run in trace.runs:
            for made in run.of(Made):
                layer = made.thing
                if not isinstance(layer, Library) or layer.role != "module" or not layer.trait("batch_norm"):
                    continue
                eps = layer.constant("eps")
                if isinstance(eps, float) and LEAST_MOMENTUM <= eps <= 1 and "momentum" not in layer.arguments:
                    message = (
                        f"`{layer.short}` takes {eps} as `eps`, not as momentum: features of small variance are hardly "
                        "normalised. Give it by name, `momentum=...`."
                    )
                    yield self.finding(made.place, message)
