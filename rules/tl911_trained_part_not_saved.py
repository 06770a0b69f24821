"""TL911: one of the networks that an optimizer trains together is left out of the checkpoint."""

from __future__ import annotations

from collections.abc import Iterator

from trainlint.findings import Finding, Level
from trainlint.rule import Rule
from trainlint.trace import Trace
from trainlint.trace.queries_parts import parts_left_out


class TrainedPartNotSaved(Rule):
    """A network that is trained together with others is not in the checkpoint that holds them.

    ## What it finds

    An optimizer over the parameters of several networks, of which some are saved and another one is not, anywhere.

    ## Why it hurts

    What was learnt is in all of them together: loaded without the missing one, the others meet a new, random network.
    PyTorch's documentation ("Saving Multiple Models in One File") keeps the state of each network, and the optimizer's.
    Models are saved to be tested later ("Common Practices, Part 1, P20").

    ## Bad

    ```python
    import torch
    from torch import nn

    torch.manual_seed(0)
    encoder = nn.Sequential(nn.Linear(8, 4), nn.ReLU())
    decoder = nn.Linear(4, 8)
    optimizer = torch.optim.AdamW([*encoder.parameters(), *decoder.parameters()], lr=1e-3)

    for step in range(20):
        x = torch.randn(16, 8)
        loss = nn.functional.mse_loss(decoder(encoder(x)), x)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        print(step, loss.item())
    torch.save({"encoder": encoder.state_dict(), "step": step}, "autoencoder.pt")  # expect: TL911
    ```

    ## Good

    ```python
    import torch
    from torch import nn

    torch.manual_seed(0)
    encoder = nn.Sequential(nn.Linear(8, 4), nn.ReLU())
    decoder = nn.Linear(4, 8)
    optimizer = torch.optim.AdamW([*encoder.parameters(), *decoder.parameters()], lr=1e-3)

    for step in range(20):
        x = torch.randn(16, 8)
        loss = nn.functional.mse_loss(decoder(encoder(x)), x)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        print(step, loss.item())
    torch.save({"encoder": encoder.state_dict(), "decoder": decoder.state_dict(), "step": step}, "autoencoder.pt")
    ```

    ## When it keeps silent

    For self-supervised and adversarial training; where the missing network is saved anywhere, also behind an option or
    as part of another one, or unknown code is handed it; where something unknown is in the checkpoint; for networks
    with an optimizer of their own; and for parts that serve the training alone: criteria, projection heads, predictors.

    ## Remedy

    Save the `state_dict()` of each network that the optimizer holds, in one file.
    """

    code = "TL911"
    name = "trained-part-not-saved"
    level = Level.WARNING

    def check(self, trace: Trace) -> Iterator[Finding]:
        for run in trace.runs:
            for left in parts_left_out(run):
                yield self.finding(
                    left.saved.place,
                    f"`{left.part.name}` is trained together with {_called(left.beside.name)} and never saved: what it"
                    " learnt is lost. Put its `state_dict()` into the checkpoint too.",
                )


def _called(name: str | None) -> str:
    return f"`{name}`" if name else "what is saved here"
