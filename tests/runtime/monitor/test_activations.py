from __future__ import annotations

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from tests.runtime.monitor.conftest import Problem, names
from trainlint.findings import Level
from trainlint.runtime import TrainingMonitor
from trainlint.runtime.monitor.hooks import Guard
from trainlint.runtime.monitor.watch import ForwardWatch


class Watched:
    """What a watch saw in one forward."""

    def __init__(self, model: nn.Module, inputs: Tensor) -> None:
        self.sites: list[tuple[str, int, str, bool]] = []
        self.dropouts: list[str] = []
        names = {id(module): name for name, module in model.named_modules()}
        watch = ForwardWatch(names, lambda *row: self.sites.append((*row[:3], row[4])), self.dropouts.append, Guard())
        watch.open()
        try:
            model(inputs)
        finally:
            watch.close()
        self.called = watch.called
        model(inputs)  # seen by nobody


class Functional(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.convolution, self.linear = nn.Conv1d(4, 6, 3), nn.Linear(6, 6)
        self.reused = nn.ReLU()

    def forward(self, inputs: Tensor) -> Tensor:
        hidden = F.relu(self.convolution(inputs))
        hidden = self.reused(self.reused(self.linear(hidden.mean(2))))
        return hidden.sigmoid() + torch.tanh(hidden) + F.dropout(hidden.softmax(-1), 0.1, training=self.training)


def test_modules_functions_and_methods_are_seen_alike() -> None:
    seen = Watched(Functional().eval(), torch.randn(2, 4, 8))
    assert seen.sites == [
        ("", 1, "relu", False),
        ("reused", 1, "relu", True),
        ("reused", 2, "relu", True),
        ("", 1, "sigmoid", True),
        ("", 1, "tanh", True),
        ("", 1, "softmax", True),
    ]
    assert seen.dropouts == []
    assert seen.called == {"", "convolution", "linear", "reused"}


def test_dropout_that_is_on_is_seen() -> None:
    assert Watched(Functional().train(), torch.randn(2, 4, 8)).dropouts == [""]


def test_a_forward_that_raises_leaves_no_watch_behind(problem: Problem) -> None:
    class Broken(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.layer = nn.Linear(20, 5)

        def forward(self, inputs: Tensor) -> Tensor:
            raise ArithmeticError("broken")

    model = Broken()
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    with TrainingMonitor(model, optimizer), pytest.raises(ArithmeticError):
        model(torch.randn(2, 20))
    assert torch.overrides._len_torch_function_stack() == 0  # type: ignore[attr-defined]
    assert not nn.modules.module._global_forward_pre_hooks


def first_layer(problem: Problem) -> nn.Linear:
    assert isinstance(problem.model, nn.Sequential)
    layer = problem.model[0]
    assert isinstance(layer, nn.Linear)
    return layer


def test_units_that_never_fire_are_dead(problem: Problem) -> None:
    with torch.no_grad():
        first_layer(problem).bias[:30] = -50.0
    monitor = problem.watched()
    finding = next(finding for finding in monitor.findings() if finding.name == "dead-units")
    assert (finding.code, finding.where, finding.level) == ("TL805", "1 (relu)", Level.WARNING)
    assert finding.evidence["dead"] == {"1 (relu)": pytest.approx(30 / 32)}
    assert not finding.symptom


def test_a_unit_that_fires_for_one_batch_in_the_window_lives(problem: Problem) -> None:
    layer = first_layer(problem)
    with torch.no_grad():
        layer.bias.fill_(-50.0)
    problem.inputs[:2] = 300 * layer.weight.detach().sign()[0]  # rows that wake some units
    problem.optimizer = torch.optim.SGD(problem.model.parameters(), lr=0.0)
    monitor = problem.watched(epochs=10)
    shares = monitor.activations.sites["1 (relu)"].curve.values
    assert shares[0] == 1.0 or shares[0] < 1.0
    assert min(shares) < 1.0


def test_half_of_the_units_dead_is_advice_only(problem: Problem) -> None:
    with torch.no_grad():
        first_layer(problem).bias[:18] = -50.0
    finding = next(finding for finding in problem.watched().findings() if finding.name == "dead-units")
    assert finding.level is Level.ADVICE


def test_saturated_tanh(problem: Problem) -> None:
    problem.model = nn.Sequential(nn.Linear(20, 32), nn.Tanh(), nn.Linear(32, 5))
    problem.optimizer = torch.optim.SGD(problem.model.parameters(), lr=0.01)
    nn.init.normal_(first_layer(problem).weight, std=10.0)
    assert "saturated-activation" in names(problem.watched())


def test_the_output_of_the_network_may_saturate(problem: Problem) -> None:
    model = nn.Sequential(nn.Linear(20, 1), nn.Sigmoid())
    problem.model = model
    problem.targets = (problem.inputs[:, :1] > 0).float()
    problem.criterion = nn.BCELoss()
    problem.optimizer = torch.optim.SGD(model.parameters(), lr=0.1, momentum=0.9)
    with torch.no_grad():
        layer = first_layer(problem)
        layer.weight.zero_()
        layer.weight[0, 0] = 60.0
    assert "saturated-activation" not in names(problem.watched())


def test_gates_of_a_recurrence_may_saturate(problem: Problem) -> None:
    class Gated(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.gate, self.head = nn.Linear(20, 32), nn.Linear(32, 5)

        def forward(self, inputs: Tensor) -> Tensor:
            state = torch.zeros(len(inputs), 32)
            for _ in range(6):
                state = state + torch.sigmoid(100 * self.gate(inputs)) * 0.1
            output: Tensor = self.head(state)
            return output

    problem.model = Gated()
    problem.optimizer = torch.optim.SGD(problem.model.parameters(), lr=0.001)
    monitor = problem.watched()
    assert max(site.share for site in monitor.activations.sites.values()) > 0.75
    assert "saturated-activation" not in names(monitor)


def test_channels_are_units_of_convolutions(problem: Problem) -> None:
    model = nn.Sequential(nn.Unflatten(1, (1, 4, 5)), nn.Conv2d(1, 8, 3), nn.ReLU(), nn.Flatten(), nn.Linear(48, 5))
    with torch.no_grad():
        model[1].bias[:7] = -50.0
    problem.model = model
    problem.optimizer = torch.optim.SGD(model.parameters(), lr=0.01)
    monitor = problem.watched()
    assert monitor.activations.sites["2 (relu)"].share == pytest.approx(7 / 8)
