"""TL304: loaded weights that an initialisation wipes out."""

from __future__ import annotations

from collections.abc import Iterator

from trainlint.findings import Finding, Level
from trainlint.rule import Rule
from trainlint.trace import Trace
from trainlint.trace.describe import object_name
from trainlint.trace.queries_initial import overwrites


class InitAfterLoad(Rule):
    """Weights are initialised after a checkpoint or pretrained weights were loaded.

    ## What it finds

    A blanket initialisation (`apply`, a loop over `modules()` or `parameters()`) of a network that a checkpoint was loaded into
    before, or that holds a network made with pretrained weights.

    ## Why it hurts

    What was learnt is gone, and nothing tells: the training starts from random weights under the name of fine-tuning, and takes
    longer or ends worse than it should. "Common Practices, Part 1", P12: check the initialisation, which is that of the
    checkpoint here.

    ## Bad

    ```python
    import torch
    from torch import nn

    torch.manual_seed(0)
    torch.save(nn.Sequential(nn.Linear(8, 16), nn.ReLU(), nn.Linear(16, 1)).state_dict(), "pretrained.pt")


    def start(module):
        if isinstance(module, nn.Linear):
            nn.init.xavier_uniform_(module.weight)


    network = nn.Sequential(nn.Linear(8, 16), nn.ReLU(), nn.Linear(16, 1))
    network.load_state_dict(torch.load("pretrained.pt", weights_only=True))
    network.apply(start)  # expect: TL304
    print(network[2].weight.norm())
    ```

    ## Good

    ```python
    import torch
    from torch import nn

    torch.manual_seed(0)
    torch.save(nn.Sequential(nn.Linear(8, 16), nn.ReLU(), nn.Linear(16, 1)).state_dict(), "pretrained.pt")


    def start(module):
        if isinstance(module, nn.Linear):
            nn.init.xavier_uniform_(module.weight)


    network = nn.Sequential(nn.Linear(8, 16), nn.ReLU(), nn.Linear(16, 1))
    network.apply(start)
    network.load_state_dict(torch.load("pretrained.pt", weights_only=True))
    print(network[2].weight.norm())
    ```

    ## When it keeps silent

    Where only a part is initialised (a new head), where a condition picks layers by name, where initialisation and load are
    two sides of one condition, where norms or biases alone are set, and where a load follows.

    ## Remedy

    Initialise first and load last; initialise a new head by itself (`model.head.apply(init)`).
    `trainlint.runtime.check_initial_loss` tells a pretrained network from an untrained one by its loss.
    """

    code = "TL304"
    name = "init-after-load"
    level = Level.ERROR

    def check(self, trace: Trace) -> Iterator[Finding]:
        for run in trace.runs:
            for found in overwrites(run):
                yield self.finding(
                    found.place,
                    f"The weights of `{object_name(found.network)}` are initialised after they were loaded: what was learnt is"
                    " lost. Initialise before loading, or the new layers alone.",
                    related=[(found.loaded.place, "the weights are loaded here")],
                )
