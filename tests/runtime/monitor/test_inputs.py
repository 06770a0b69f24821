from __future__ import annotations

import pytest
import torch
from torch import nn

from tests.runtime.monitor.conftest import Problem, names


@pytest.mark.parametrize("factor", [100.0, 0.001])
def test_inputs_of_odd_scale(problem: Problem, factor: float) -> None:
    problem.inputs *= factor
    assert "unscaled-input" in names(problem.watched())


def test_token_numbers_have_no_scale(problem: Problem) -> None:
    problem.model = nn.Sequential(nn.Embedding(5000, 8), nn.Flatten(), nn.Linear(160, 5))
    problem.inputs = torch.randint(0, 5000, (320, 20))
    problem.optimizer = torch.optim.Adam(problem.model.parameters(), lr=1e-2)
    assert "unscaled-input" not in names(problem.watched(epochs=2))


def test_sorted_data(problem: Problem) -> None:
    order = problem.targets.argsort()
    problem.inputs, problem.targets = problem.inputs[order], problem.targets[order]
    problem.batches = lambda: zip(problem.inputs.split(32), problem.targets.split(32), strict=True)  # type: ignore[method-assign,assignment,return-value]
    finding = next(f for f in problem.watched().findings() if f.name == "training-data-not-shuffled")
    assert finding.code == "TL517"


def test_few_classes_are_not_taken_for_sorted(problem: Problem) -> None:
    problem.targets = (problem.targets > 3).long()  # one class is rare: many batches hold little of it
    assert "training-data-not-shuffled" not in names(problem.watched())


def test_one_sample_over_and_over(problem: Problem) -> None:
    problem.inputs = problem.inputs[:1].expand(320, 20).clone()
    assert "identical-samples" in names(problem.watched())


def test_one_batch_over_and_over(problem: Problem) -> None:
    batch = next(problem.batches())
    problem.batches = lambda: iter([batch] * 10)  # type: ignore[method-assign]
    assert "same-batch-every-step" in names(problem.watched())


def test_the_whole_set_as_one_batch(problem: Problem) -> None:
    problem.batches = lambda: iter([(problem.inputs, problem.targets)])  # type: ignore[method-assign]
    assert names(problem.watched(epochs=20))[:1] == ["full-batch-descent"]


def test_constant_weights(problem: Problem) -> None:
    for parameter in problem.model.parameters():
        nn.init.constant_(parameter, 0.1 if parameter.dim() > 1 else 0.0)
    assert "constant-weight-init" in names(problem.watched())


def test_zero_weights_that_stay_zero(problem: Problem) -> None:
    for parameter in problem.model.parameters():
        nn.init.zeros_(parameter)
    assert "constant-weight-init" in names(problem.watched())


def test_a_last_layer_that_begins_at_zero_is_meant(problem: Problem) -> None:
    assert isinstance(problem.model, nn.Sequential)
    nn.init.zeros_(problem.model[2].weight)  # type: ignore[arg-type]
    assert names(problem.watched()) == []


def test_an_eps_that_was_meant_as_momentum(problem: Problem) -> None:
    problem.model = nn.Sequential(nn.Linear(20, 32), nn.BatchNorm1d(32, 0.8), nn.ReLU(), nn.Linear(32, 5))
    problem.optimizer = torch.optim.SGD(problem.model.parameters(), lr=0.1, momentum=0.9)
    finding = problem.watched().findings()[0]
    assert (finding.name, finding.code, finding.where) == ("batch-norm-eps-for-momentum", "TL305", "1")


@pytest.mark.parametrize("attribute", ["require_grad", "requires_gard", "require_grads"])
def test_a_misspelt_freeze(problem: Problem, attribute: str) -> None:
    setattr(next(problem.model.parameters()), attribute, False)
    assert names(problem.watched())[0] == "misspelt-requires-grad"


def test_decay_that_eats_the_weights(problem: Problem) -> None:
    problem.optimizer = torch.optim.SGD(problem.model.parameters(), lr=0.1, weight_decay=2.0)
    assert names(problem.watched(epochs=12))[0] == "weight-decay-too-strong"


def test_a_sum_with_a_rate_for_means(problem: Problem) -> None:
    problem.criterion = nn.CrossEntropyLoss(reduction="sum")
    problem.optimizer = torch.optim.SGD(problem.model.parameters(), lr=0.1, momentum=0.9)
    assert names(problem.watched())[0] == "summed-loss"


def test_a_sum_with_a_rate_for_sums_is_meant(problem: Problem) -> None:
    problem.criterion = nn.CrossEntropyLoss(reduction="sum")
    problem.optimizer = torch.optim.SGD(problem.model.parameters(), lr=0.1 / 32, momentum=0.9)
    assert "summed-loss" not in names(problem.watched())
