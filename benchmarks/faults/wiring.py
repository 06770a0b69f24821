"""Faults in how layers, parameters and the optimizer hang together, and in the initialisation."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from .recipe import Setup, mlp, setup_mlp, sgd
from .registry import fault


@torch.no_grad()
def _fill(model: nn.Module, value: float) -> None:
    for module in model.modules():
        if isinstance(module, nn.Linear):
            module.weight.fill_(value)
            module.bias.zero_()


@fault("constant-weight-init", "constant-initialisation")
def zero_initialisation(seed: int, width: int) -> Setup:
    setup = setup_mlp(seed, width)
    _fill(setup.model, 0.0)
    return setup


@fault("constant-weight-init", "constant-initialisation")
def constant_initialisation(seed: int, width: int) -> Setup:
    setup = setup_mlp(seed, width)
    _fill(setup.model, 0.05)
    return setup


@fault("large-initial-loss", "confident-initialisation")
def huge_initialisation(seed: int, width: int) -> Setup:
    setup = setup_mlp(seed, width)
    for parameter in setup.model.parameters():
        nn.init.normal_(parameter) if parameter.dim() > 1 else nn.init.zeros_(parameter)
    setup.optimizer = torch.optim.Adam(setup.model.parameters(), lr=1e-3)
    return setup


@fault("dead-units")
def dead_biases(seed: int, width: int) -> Setup:
    setup = setup_mlp(seed, width)
    nn.init.constant_(setup.model[2].bias, -20.0)  # type: ignore[index, arg-type]
    return setup


@fault("saturated-activation")
def saturated_tanh(seed: int, width: int) -> Setup:
    torch.manual_seed(seed)
    setup = setup_mlp(seed, width, mlp(width, nn.Tanh))
    for layer in (0, 2):
        nn.init.normal_(setup.model[layer].weight, std=3.0)  # type: ignore[index, arg-type]
    return setup


@fault("vanishing-gradient")
def vanishing_sigmoids(seed: int, width: int) -> Setup:
    torch.manual_seed(seed)
    return setup_mlp(seed, width, mlp(width, nn.Sigmoid, depth=8))


@fault("optimizer-holds-stale-parameters", "stale-parameters")
def stale_head(seed: int, width: int) -> Setup:
    setup = setup_mlp(seed, width)
    setup.model[-1] = nn.Linear(width, 10)  # type: ignore[index]
    return setup


@fault("parameters-left-out")
def layers_left_out(seed: int, width: int) -> Setup:
    setup = setup_mlp(seed, width)
    setup.optimizer = sgd(setup.model[0])  # type: ignore[index]
    return setup


class Unused(nn.Module):
    """A layer that the forward forgot."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.body = mlp(width)
        self.extra = nn.Linear(width, width)

    def forward(self, inputs: Tensor) -> Tensor:
        output: Tensor = self.body(inputs)
        return output


@fault("unused-parameters", "no-gradient")
def unused_layers(seed: int, width: int) -> Setup:
    torch.manual_seed(seed)
    return setup_mlp(seed, width, Unused(width))


class Detached(nn.Module):
    """Features that were detached on their way to the head."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.features = nn.Sequential(nn.Linear(64, width), nn.ReLU())
        self.head = nn.Linear(width, 10)

    def forward(self, inputs: Tensor) -> Tensor:
        output: Tensor = self.head(self.features(inputs).detach())
        return output


@fault("loss-detached")
def detached_features(seed: int, width: int) -> Setup:
    torch.manual_seed(seed)
    return setup_mlp(seed, width, Detached(width))


class PlainList(nn.Module):
    """Layers in a list that the module does not know of."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.layers = [nn.Linear(64, width), nn.Linear(width, width)]
        self.head = nn.Linear(width, 10)

    def forward(self, inputs: Tensor) -> Tensor:
        for layer in self.layers:
            inputs = torch.relu(layer(inputs))
        output: Tensor = self.head(inputs)
        return output


@fault("unregistered-modules")
def plain_list_layers(seed: int, width: int) -> Setup:
    torch.manual_seed(seed)
    return setup_mlp(seed, width, PlainList(width))


@fault("batch-norm-eps-for-momentum")
def batch_norm_eps_for_momentum(seed: int, width: int) -> Setup:
    torch.manual_seed(seed)
    network = nn.Sequential(nn.Linear(64, width), nn.BatchNorm1d(width, 0.8), nn.ReLU(), nn.Linear(width, 10))
    return setup_mlp(seed, width, network)


@fault("misspelt-requires-grad")
def misspelt_freeze(seed: int, width: int) -> Setup:
    setup = setup_mlp(seed, width)
    for parameter in setup.model[0].parameters():  # type: ignore[index]
        parameter.require_grad = False  # type: ignore[attr-defined]
    return setup
