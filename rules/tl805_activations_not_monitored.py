"""TL805: nobody looks at what the units of the network give."""

from __future__ import annotations

from collections.abc import Iterator

from trainlint.findings import Finding, Level
from trainlint.rule import Rule
from trainlint.trace import Trace
from trainlint.trace.queries_networks import bounded_unit, keeps_activations
from trainlint.trace.queries_watching import is_watched, looked_into, once_a_run
from trainlint.trace.view import Training


class ActivationsNotMonitored(Rule):
    """A network with saturating or rectifying units is trained, and nothing watches its activations.

    ## What it finds

    A training of a network with ReLU, tanh or sigmoid between its layers, without a forward hook, a monitor, or a forward pass
    that logs or keeps what it computes.

    ## Why it hurts

    "Common Practices, Part 1", P23 and P24: a unit that is saturated, or a ReLU that gives zero for every input, has no
    gradient and learns nothing. A network loses a part of its units that way in the first steps, from a learning rate that is
    too high or a poor initialisation, and the loss only looks as if the network were too small.

    ## Bad

    ```python
    import torch
    from torch import nn
    from torch.utils.data import DataLoader, TensorDataset

    torch.manual_seed(0)
    angles, more = torch.rand(160, 1) * 6, torch.rand(40, 1) * 6
    train_loader = DataLoader(TensorDataset(angles, angles.sin()), batch_size=20, shuffle=True)
    val_loader = DataLoader(TensorDataset(more, more.sin()), batch_size=40)
    model = nn.Sequential(nn.Linear(1, 32), nn.Tanh(), nn.Linear(32, 32), nn.Tanh(), nn.Linear(32, 1))
    optimizer = torch.optim.SGD(model.parameters(), lr=0.05, momentum=0.9)
    scheduler = torch.optim.lr_scheduler.ExponentialLR(optimizer, gamma=0.9)

    for epoch in range(5):  # expect: TL805
        model.train()
        total = 0.0
        for x, y in train_loader:
            optimizer.zero_grad()
            loss = nn.functional.mse_loss(model(x), y)
            loss.backward()
            optimizer.step()
            total += loss.item()
        scheduler.step()
        model.eval()
        with torch.no_grad():
            val_loss = sum(nn.functional.mse_loss(model(x), y).item() for x, y in val_loader) / len(val_loader)
        print(epoch, total / len(train_loader), val_loss)
        torch.save(model.state_dict(), "sine.pt")
    ```

    ## Good

    ```python
    import torch
    from torch import nn
    from torch.utils.data import DataLoader, TensorDataset

    saturated = {}


    def watch(name):
        def hook(module, inputs, output):
            saturated[name] = (output.detach().abs() > 0.99).float().mean().item()

        return hook


    torch.manual_seed(0)
    angles, more = torch.rand(160, 1) * 6, torch.rand(40, 1) * 6
    train_loader = DataLoader(TensorDataset(angles, angles.sin()), batch_size=20, shuffle=True)
    val_loader = DataLoader(TensorDataset(more, more.sin()), batch_size=40)
    model = nn.Sequential(nn.Linear(1, 32), nn.Tanh(), nn.Linear(32, 32), nn.Tanh(), nn.Linear(32, 1))
    for name, layer in model.named_children():
        if isinstance(layer, nn.Tanh):
            layer.register_forward_hook(watch(name))
    optimizer = torch.optim.SGD(model.parameters(), lr=0.05, momentum=0.9)
    scheduler = torch.optim.lr_scheduler.ExponentialLR(optimizer, gamma=0.9)

    for epoch in range(5):
        model.train()
        total = 0.0
        for x, y in train_loader:
            optimizer.zero_grad()
            loss = nn.functional.mse_loss(model(x), y)
            loss.backward()
            optimizer.step()
            total += loss.item()
        scheduler.step()
        model.eval()
        with torch.no_grad():
            val_loss = sum(nn.functional.mse_loss(model(x), y).item() for x, y in val_loader) / len(val_loader)
        print(epoch, total / len(train_loader), val_loss, saturated)
        torch.save(model.state_dict(), "sine.pt")
    ```

    ## When it keeps silent

    Where the network's units aren't known (ready-made networks), or it has none of these; where anything hooks into a forward
    pass or its forward reports or keeps activations; where unknown code is handed the network; for tests, benchmarks,
    overfit checks and what trains nothing that lasts.

    ## Remedy

    A forward hook on the activations that counts zeros and saturated values. `trainlint.runtime.ActivationMonitor` counts
    both, layer by layer; `trainlint.runtime.TrainingMonitor` attaches it and the other monitors.
    """

    code = "TL805"
    name = "activations-not-monitored"
    level = Level.ADVICE

    def check(self, trace: Trace) -> Iterator[Finding]:
        for training in once_a_run(trace, _lacks_watch):
            unit = bounded_unit(training)
            assert unit is not None
            yield self.finding(
                training.place,
                f"Nothing watches the activations of this network, and its {unit.operation} units may saturate or die unseen."
                " Count saturated and zero activations with a forward hook.",
                related=[(unit.place, "the first of these units")],
            )


def _lacks_watch(training: Training) -> bool | None:
    if bounded_unit(training) is None:
        return None
    return not (is_watched(training.run, "activations") or keeps_activations(training) or looked_into(training))
