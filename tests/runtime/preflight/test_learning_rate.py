from __future__ import annotations

import json
from functools import partial
from typing import Any

import pytest
import torch
from networks import cnn, digits, mlp
from torch import Tensor, nn
from torch.nn import functional
from torch.utils.data import DataLoader, TensorDataset

from trainlint.runtime import Verdict, find_learning_rate

CRITERION = nn.CrossEntropyLoss()


def loader() -> DataLoader[Any]:
    return DataLoader(TensorDataset(*digits()), 64, shuffle=True)


def trained(model: nn.Module, optimizer: torch.optim.Optimizer) -> float:
    """The loss on all digits after one epoch."""
    for images, labels in loader():
        optimizer.zero_grad()
        functional.cross_entropy(model(images), labels).backward()
        optimizer.step()
    with torch.no_grad():
        return float(functional.cross_entropy(model.eval()(digits()[0]), digits()[1]))


@pytest.mark.parametrize("build", [mlp, cnn])
@pytest.mark.parametrize(
    "optimizer",
    [torch.optim.Adam, partial(torch.optim.SGD, momentum=0.9), torch.optim.SGD],
    ids=["adam", "momentum", "sgd"],
)
def test_a_suggested_rate_trains_better_than_a_tenth_and_a_hundred_times_of_it(build: Any, optimizer: Any) -> None:
    report = find_learning_rate(build(), loader(), CRITERION, optimizer)
    assert report.verdict is Verdict.PASS, str(report)
    assert report.suggestion is not None
    assert report.steepest is not None
    assert report.highest is not None
    assert report.suggestion <= report.steepest <= report.highest
    losses = []
    for factor in (1, 0.1, 100):
        torch.manual_seed(1)
        model = build()
        losses.append(trained(model, optimizer(model.parameters(), lr=report.suggestion * factor)))
    assert losses[0] == min(losses)


def test_single_odd_batches_do_not_move_the_suggestion() -> None:
    count = iter(range(1000))

    def outliers(output: Tensor, labels: Tensor) -> Tensor:
        loss = functional.cross_entropy(output, labels)
        return loss if next(count) % 11 else loss * 3

    plain = find_learning_rate(mlp(), loader(), CRITERION).suggestion
    torch.manual_seed(0)
    odd = find_learning_rate(mlp(), loader(), outliers).suggestion
    assert plain is not None
    assert odd == pytest.approx(plain, rel=2)
    assert odd > plain / 3


def test_a_loss_that_never_falls_gets_no_suggestion() -> None:
    report = find_learning_rate(mlp(), loader(), lambda output, _: output.sum() * 0 + torch.rand(()))
    assert (report.causes, report.suggestion) == (("no-descent",), None)
    broken = find_learning_rate(mlp(), loader(), lambda output, _: output.sum() * float("nan"))
    assert broken.causes == ("non-finite-loss",)


def test_a_range_that_ends_too_low_says_so() -> None:
    report = find_learning_rate(mlp(), loader(), CRITERION, torch.optim.SGD, low=1e-3, high=0.3)
    assert report.causes == ("range-too-low",)


def test_ratios_between_groups_are_kept() -> None:
    seen = []

    class Spy(torch.optim.SGD):
        def step(self, closure: Any = None) -> Any:
            seen.append([group["lr"] for group in self.param_groups])
            return super().step(closure)

    model = mlp()
    optimizer = Spy([{"params": model[0].parameters(), "lr": 0.1}, {"params": model[3].parameters(), "lr": 0.01}])
    find_learning_rate(model, loader(), CRITERION, optimizer, steps=20)
    assert all(first == pytest.approx(10 * second) for first, second in seen)
    assert [group["lr"] for group in optimizer.param_groups] == [0.1, 0.01]


def test_batches_may_be_mappings_with_their_own_loss() -> None:
    class Own(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.net = mlp()

        def forward(self, rows: Tensor, labels: Tensor) -> dict[str, Tensor]:
            return {"loss": functional.cross_entropy(self.net(rows), labels)}

    batches = [{"rows": rows, "labels": labels} for rows, labels in loader()]
    assert find_learning_rate(Own(), batches).verdict is Verdict.PASS


def test_the_report_is_json_and_plots() -> None:
    report = find_learning_rate(mlp(), loader(), CRITERION, steps=40)
    data = json.loads(report.to_json())
    assert len(data["rates"]) == len(data["losses"])

    class Axes:
        drawn: list[Any] = []  # noqa: RUF012 - one pair of axes

        def __getattr__(self, name: str) -> Any:
            return lambda *arguments, **settings: self.drawn.append((name, arguments))

    axes = Axes()
    assert report.plot(axes) is axes
    names = [name for name, _ in Axes.drawn]
    assert names.count("plot") == 2
    assert ("axvline", (report.suggestion,)) in Axes.drawn


@pytest.mark.parametrize(
    ("settings", "error", "message"),
    [
        ({"low": 1.0, "high": 0.1}, ValueError, "must be positive and rising"),
        ({"steps": 5}, ValueError, "20 at least"),
        ({"batches": []}, ValueError, "no batch"),
        ({"optimizer": "adam"}, TypeError, "not str"),
    ],
)
def test_bad_input_gets_one_clear_line(settings: dict[str, Any], error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        find_learning_rate(mlp(), **{"batches": loader(), "loss": CRITERION, **settings})
