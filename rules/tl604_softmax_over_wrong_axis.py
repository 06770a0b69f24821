"""TL604: a softmax without an axis, or over the axis of the batch."""

from __future__ import annotations

from collections.abc import Iterator

from trainlint.findings import Finding, Fix, Level
from trainlint.rule import Rule
from trainlint.trace import Trace
from trainlint.trace.edits import UNSAFE, Editor
from trainlint.trace.queries_softmax import WrongAxis, wrong_axes


class SoftmaxOverWrongAxis(Rule):
    """A softmax goes over the samples of a batch, or over an axis that nobody chose.

    ## What it finds

    `F.softmax`, `F.log_softmax`, `nn.Softmax` and their kin without `dim`. With `dim=0`: where the output goes into a loss over
    a loader's batch, or a class is chosen from it along axis 1.

    ## Why it hurts

    Over the batch, the probabilities of one sample don't sum to one, and they depend on which other samples are in its
    batch: the loss rewards a network for scoring one sample above the others. Without `dim`, PyTorch guesses by the number
    of axes, which is axis 0 for scores with three of them; its documentation calls this use deprecated
    (`torch.nn.functional.softmax`).

    ## Bad

    ```python
    import torch
    from torch import nn
    from torch.nn import functional as F
    from torch.utils.data import DataLoader, TensorDataset

    torch.manual_seed(0)
    loader = DataLoader(TensorDataset(torch.randn(64, 8), torch.randint(0, 3, (64,))), batch_size=16)
    model = nn.Linear(8, 3)
    with torch.no_grad():
        for x, y in loader:
            probabilities = F.softmax(model(x), dim=0)  # expect: TL604
            print((probabilities.argmax(dim=1) == y).float().mean().item())
    ```

    ## Good

    ```python
    import torch
    from torch import nn
    from torch.nn import functional as F
    from torch.utils.data import DataLoader, TensorDataset

    torch.manual_seed(0)
    loader = DataLoader(TensorDataset(torch.randn(64, 8), torch.randint(0, 3, (64,))), batch_size=16)
    model = nn.Linear(8, 3)
    with torch.no_grad():
        for x, y in loader:
            probabilities = F.softmax(model(x), dim=1)
            print((probabilities.argmax(dim=1) == y).float().mean().item())
    ```

    ## When it keeps silent

    For `dim=0` wherever nothing shows that axis 0 is the batch: weights over tokens, neighbours or experts, single samples,
    output that is transposed before it is used. For a layer without `dim` that is never applied.

    ## Remedy

    Name the axis of the classes: `dim=-1` after a linear layer, `dim=1` where a convolution's channels are the classes.

    ## Fix safety

    Unsafe: the axis is taken from the layer below or from what the output is used for, and with it all numbers change. No
    fix is offered where neither tells.
    """

    code = "TL604"
    name = "softmax-over-wrong-axis"
    level = Level.WARNING

    def check(self, trace: Trace) -> Iterator[Finding]:
        for run in trace.runs:
            for found in wrong_axes(run):
                if found.axis is None:
                    message = (
                        f"`{found.name}` has no `dim`: PyTorch guesses the axis by the number of axes, and goes over the"
                        " first one where there are three. Name the axis of the classes."
                    )
                    yield self.finding(found.place, message, fix=_along(trace.edit, found))
                elif found.evidence is not None:
                    message = (
                        f"`{found.name}` goes over the samples of the batch (`dim=0`), so that a sample's probabilities depend on"
                        " the others. Give it the axis of the classes."
                    )
                    related = [(found.evidence.place, "each row is taken as one sample here")]
                    yield self.finding(found.place, message, related=related, fix=_along(trace.edit, found))


def _along(edit: Editor, found: WrongAxis) -> Fix | None:
    if found.classes is None:
        return None
    changed = edit.set_argument(found.place, "dim", str(found.classes), found.position)
    return edit.fix(f"Go over the classes, `dim={found.classes}`", UNSAFE, changed)
