"""Gradients, updates, oscillation and filters: what is measured on the weights."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from trainlint.runtime import FilterMonitor, GradientMonitor, OscillationMonitor, UpdateMonitor
from trainlint.runtime.monitor.filters import smoothness
from trainlint.runtime.monitor.readout import Readout
from trainlint.runtime.monitor.updates import SAMPLE


def network(*sizes: int, activation: type[nn.Module] = nn.Tanh) -> nn.Sequential:
    layers: list[nn.Module] = []
    for before, after in zip(sizes, sizes[1:], strict=False):
        layers += [nn.Linear(before, after), activation()]
    return nn.Sequential(*layers[:-1])


def backward(model: nn.Module, scale: float = 1.0) -> None:
    model.zero_grad()
    (scale * model(torch.randn(16, 8)).square().mean()).backward()


def measured_gradients(model: nn.Module, steps: int = 6, scale: float = 1.0) -> GradientMonitor:
    monitor, readout = GradientMonitor(dict(model.named_parameters())), Readout()
    for step in range(steps):
        backward(model, scale)
        monitor.measure(step, readout)
        readout.flush()
    return monitor


def test_the_norm_is_that_of_all_gradients() -> None:
    model = network(8, 16, 4)
    monitor = measured_gradients(model, steps=1)
    expected = torch.cat([p.grad.flatten() for p in model.parameters() if p.grad is not None]).norm()
    assert monitor.total.values == [pytest.approx(float(expected), rel=1e-6)]


def test_a_loss_scale_is_divided_out() -> None:
    model, readout = network(8, 16, 4), Readout()
    monitor = GradientMonitor(dict(model.named_parameters()))
    torch.manual_seed(1)
    backward(model)
    monitor.measure(0, readout)
    readout.flush()
    torch.manual_seed(1)
    backward(model, 1024.0)
    monitor.measure(1, readout, loss_scale=1024.0)
    readout.flush()
    assert monitor.total.values[1] == pytest.approx(monitor.total.values[0], rel=1e-5)


def test_half_precision_gradients_do_not_overflow_in_the_norm() -> None:
    weight = nn.Parameter(torch.ones(64, 64, dtype=torch.float16))
    weight.grad = torch.full_like(weight, 300.0)
    monitor, readout = GradientMonitor({"weight": weight}), Readout()
    monitor.measure(0, readout)
    readout.flush()
    assert monitor.total.values == [pytest.approx(300.0 * 64)]


def test_sparse_gradients_are_measured() -> None:
    embedding = nn.Embedding(10, 4, sparse=True)
    embedding(torch.tensor([1, 1, 3])).sum().backward()
    monitor, readout = GradientMonitor(dict(embedding.named_parameters())), Readout()
    monitor.measure(0, readout)
    readout.flush()
    assert monitor.total.values == [pytest.approx((4 * 2**2 + 4 * 1) ** 0.5)]


def test_the_layer_with_a_nan_is_named() -> None:
    model, readout = network(8, 16, 4), Readout()
    monitor = GradientMonitor(dict(model.named_parameters()))
    backward(model)
    gradient = model[2].weight.grad
    assert isinstance(gradient, torch.Tensor)
    gradient[0, 0] = torch.nan
    monitor.measure(3, readout)
    readout.flush()
    (finding,) = monitor.findings()
    assert (finding.name, finding.where, finding.step) == ("non-finite-gradient", "2.weight", 3)


def test_vanishing_through_sigmoids() -> None:
    monitor = measured_gradients(network(8, *[16] * 9, 4, activation=nn.Sigmoid))
    (finding,) = monitor.findings()
    assert (finding.name, finding.where) == ("vanishing-gradient", "0.weight")
    assert monitor.depth_ratio < 1e-4


class Sine(nn.Module):
    """Keeps what goes forward small, and lets what comes back grow with the weights."""

    def forward(self, inputs: torch.Tensor) -> torch.Tensor:
        return torch.sin(inputs)


def test_exploding_through_large_weights() -> None:
    model = network(8, *[16] * 9, 4, activation=Sine)
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.mul_(20.0)
    (finding,) = measured_gradients(model).findings()
    assert finding.name == "exploding-gradient"


def test_missing_and_zero_gradients_are_told_apart() -> None:
    class Partial(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.used, self.muted, self.unused = nn.Linear(8, 4), nn.Linear(8, 4), nn.Linear(8, 4)

        def forward(self, inputs: torch.Tensor) -> torch.Tensor:
            output: torch.Tensor = self.used(inputs) + 0.0 * self.muted(inputs)
            return output

    monitor = measured_gradients(Partial())
    assert monitor.never_present() == ["unused.weight", "unused.bias"]
    assert monitor.always_zero() == ["muted.weight", "muted.bias"]


def test_clipping_to_almost_nothing() -> None:
    monitor = GradientMonitor({})
    for step in range(20):
        monitor.observe_clipping(step, 0.001 * (1 + step % 3))
    (finding,) = monitor.findings()
    assert finding.name == "clipping-too-tight"
    assert monitor.clipped_fraction() == 1.0


def test_the_constant_factor_of_a_scaler_is_no_clipping() -> None:
    monitor = GradientMonitor({})
    for step in range(20):
        monitor.observe_clipping(step, 1 / 65536)
    assert list(monitor.findings()) == []


def one_update(model: nn.Module, optimizer: torch.optim.Optimizer) -> tuple[UpdateMonitor, dict[str, float]]:
    monitor, readout = UpdateMonitor(dict(model.named_parameters())), Readout()
    backward(model)
    before = {name: parameter.detach().clone() for name, parameter in model.named_parameters()}
    monitor.before()
    optimizer.step()
    monitor.after(0, readout)
    readout.flush()
    ratios = {
        name: float((parameter.detach() - before[name]).norm() / before[name].norm())
        for name, parameter in model.named_parameters()
    }
    return monitor, ratios


@pytest.mark.parametrize("kind", ["sgd", "adam", "adamw"])
def test_the_ratio_is_that_of_the_true_update(kind: str) -> None:
    model = network(8, 16, 4)
    optimizer = {
        "sgd": lambda: torch.optim.SGD(model.parameters(), lr=0.1, momentum=0.9, weight_decay=0.1),
        "adam": lambda: torch.optim.Adam(model.parameters(), lr=0.01),
        "adamw": lambda: torch.optim.AdamW(model.parameters(), lr=0.01, weight_decay=5.0),
    }[kind]()
    monitor, ratios = one_update(model, optimizer)
    measured = {name: row.values[0] for name, row in zip(monitor.names, monitor.ratios, strict=True)}
    assert measured == pytest.approx(ratios, rel=1e-5)


def test_large_tensors_are_estimated_from_a_sample() -> None:
    model = nn.Sequential(nn.Linear(8, 4096), nn.ReLU(), nn.Linear(4096, 4))
    assert model[0].weight.numel() > 2 * SAMPLE
    monitor, ratios = one_update(model, torch.optim.SGD(model.parameters(), lr=0.1))
    assert monitor.ratios[0].values[0] == pytest.approx(ratios["0.weight"], rel=0.1)


def test_tensors_that_no_step_changes() -> None:
    model, readout = network(8, 16, 4), Readout()
    optimizer = torch.optim.SGD(model[0].parameters(), lr=0.1)
    monitor = UpdateMonitor(dict(model.named_parameters()))
    for step in range(6):
        backward(model)
        monitor.before()
        optimizer.step()
        monitor.after(step, readout)
        readout.flush()
    assert monitor.never_changed() == ["2.weight", "2.bias"]


def test_nothing_is_measured_without_a_before() -> None:
    model, readout = network(8, 16, 4), Readout()
    monitor = UpdateMonitor(dict(model.named_parameters()))
    monitor.after(0, readout)
    readout.flush()
    assert monitor.measurements == 0


def flips(rate: float) -> OscillationMonitor:
    """Descends a bowl of curvature 1 from random places; a rate of 2 goes round in circles."""
    weight = nn.Parameter(torch.randn(8, 8))
    monitor, readout = OscillationMonitor({"weight": weight}), Readout()
    for step in range(30):
        with torch.no_grad():
            weight -= rate * weight
        monitor.observe(step, readout)
    readout.flush()
    return monitor


def test_steps_across_the_valley_flip_all_signs() -> None:
    (finding,) = flips(1.9).findings()
    assert finding.name == "oscillation"
    assert flips(1.9).share == 1.0


def test_steps_down_the_valley_flip_none() -> None:
    assert flips(0.1).share == 0.0
    assert list(flips(0.1).findings()) == []


def test_noise_is_rough_and_waves_are_smooth() -> None:
    noise = torch.randn(64, 3, 7, 7)
    x = torch.linspace(0, torch.pi, 7)
    waves = (torch.sin(x)[:, None] * torch.cos(x)[None, :]).expand(8, 1, 7, 7)
    board = ((torch.arange(7)[:, None] + torch.arange(7)[None, :]) % 2).float().expand(4, 1, 7, 7)
    assert smoothness(noise) == pytest.approx(0.0, abs=0.05)
    assert smoothness(waves) > 0.8
    assert smoothness(board) < -0.9


def test_filters_that_stay_noise_are_advice() -> None:
    torch.manual_seed(3)
    model = nn.Sequential(nn.Conv2d(3, 32, 7), nn.ReLU(), nn.Conv2d(32, 8, 3))
    monitor = FilterMonitor(model)
    assert list(monitor.findings(100)) == []
    (finding,) = monitor.findings(1000)
    assert (finding.name, finding.code, finding.where) == ("noisy-filters", "TL806", "0")
    pictures = monitor.picture()
    assert (len(pictures), len(pictures[0]), len(pictures[0][0])) == (32, 7, 7)
    assert {max(map(max, picture)) for picture in pictures} == {1.0}


def test_networks_without_convolutions_have_no_filters() -> None:
    monitor = FilterMonitor(network(8, 16, 4))
    assert monitor.smoothness() is None
    assert monitor.picture() == []
    assert list(monitor.findings(1000)) == []
