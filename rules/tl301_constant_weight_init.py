"""TL301: weights that all start at one number."""

from __future__ import annotations

from collections.abc import Iterator

from trainlint.findings import Finding, Level
from trainlint.rule import Rule
from trainlint.trace import Trace
from trainlint.trace.queries_initial import ConstantInit, constant_inits


class ConstantWeightInit(Rule):
    """All weights of linear or convolution layers are set to one constant.

    ## What it finds

    A blanket initialisation (`apply`, a loop over `modules()` or `parameters()`) that fills the weights of linear or
    convolution layers with one number, and two layers that are the factors of a low-rank product and both start at zero.

    ## Why it hurts

    All units of a layer then compute the same and get the same gradient: they stay equal for ever, and the layer is as good
    as one unit. With zeros no gradient passes through at all. The same holds for a product of two matrices that are both zero:
    the gradient of each is a multiple of the other. "Common Practices, Part 1", P12: check the initialisation; Glorot and
    Bengio (2010) and He et al. (2015) for the spread that random weights need.

    ## Bad

    ```python
    import torch
    from torch import nn

    torch.manual_seed(0)


    def start(module):
        if isinstance(module, nn.Linear):
            nn.init.constant_(module.weight, 0.1)  # expect: TL301
            nn.init.zeros_(module.bias)


    network = nn.Sequential(nn.Linear(8, 16), nn.ReLU(), nn.Linear(16, 1)).apply(start)
    network(torch.randn(4, 8)).sum().backward()
    print("the same gradient for each unit:", network[0].weight.grad[:, 0])
    ```

    ## Good

    ```python
    import torch
    from torch import nn

    torch.manual_seed(0)


    def start(module):
        if isinstance(module, nn.Linear):
            nn.init.kaiming_normal_(module.weight, nonlinearity="relu")
            nn.init.zeros_(module.bias)


    network = nn.Sequential(nn.Linear(8, 16), nn.ReLU(), nn.Linear(16, 1)).apply(start)
    network(torch.randn(4, 8)).sum().backward()
    print("another gradient for each unit:", network[0].weight.grad[:, 0])
    ```

    ## When it keeps silent

    For norms, biases and embeddings; for single layers that start at zero on purpose (the last one of a residual branch, LoRA's
    second factor, adaLN, zero convolutions); for networks of one linear layer; where a condition picks the layers by size or
    name; for factors that are bare parameters (`nn.Parameter`); and where other values or a checkpoint follow.

    ## Remedy

    Leave PyTorch's own initialisation, or draw the weights: `nn.init.kaiming_normal_`, `nn.init.xavier_uniform_`,
    `nn.init.orthogonal_`. `trainlint.runtime.check_initial_loss` compares the untrained network's loss with that of chance.
    """

    code = "TL301"
    name = "constant-weight-init"
    level = Level.ERROR

    def check(self, trace: Trace) -> Iterator[Finding]:
        for run in trace.runs:
            for found in constant_inits(run):
                yield self._speak(found)

    def _speak(self, found: ConstantInit) -> Finding:
        event, other = found.event, found.other
        if other is not None:
            return self.finding(
                event.place,
                f"Both factors of a product, `{other.network.name}` and `{event.network.name}`, start at zero: neither gets a"
                " gradient. Draw one of them at random.",
                related=[(other.place, "the other factor is set to zero here")],
            )
        number = "one constant" if event.value is None else f"{event.value:g}"
        return self.finding(
            event.place,
            f"All weights are set to {number}: the units of a layer stay equal for ever. Draw them at random, as"
            " `nn.init.kaiming_normal_` or PyTorch's default does.",
        )
