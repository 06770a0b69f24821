from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import torch
from networks import mlp
from torch.optim import lr_scheduler as torch_schedules

from trainlint.runtime import ScheduleReport, Verdict, check_schedule, plot_schedule, schedules


def optimizer(rate: float = 1.0, kind: Any = torch.optim.SGD) -> torch.optim.Optimizer:
    return kind(mlp().parameters(), lr=rate)


def rates(schedule: Any, steps: int) -> list[float]:
    """The rates of a real training with that schedule."""
    found = []
    for _ in range(steps):
        found.append(schedule.optimizer.param_groups[0]["lr"])
        schedule.optimizer.step()
        schedule.step()
    return found


@pytest.mark.parametrize(
    ("make", "kind", "expected"),
    [
        (lambda o: schedules.step(o, 2), torch_schedules.StepLR, [1, 1, 0.5, 0.5, 0.25]),
        (lambda o: schedules.step(o, 2, factor=0.1), torch_schedules.StepLR, [1, 1, 0.1, 0.1, 0.01]),
        (lambda o: schedules.step(o, 2, decrement=0.4), torch_schedules.LambdaLR, [1, 1, 0.6, 0.6, 0.2, 0.2, 0]),
        (lambda o: schedules.exponential(o, 0.5), torch_schedules.ExponentialLR, [1, 0.5, 0.25]),
        (lambda o: schedules.exponential(o, half_life=2), torch_schedules.ExponentialLR, [1, 0.5**0.5, 0.5]),
        (lambda o: schedules.inverse_time(o, 0.5), torch_schedules.LambdaLR, [1, 1 / 1.5, 1 / 2, 1 / 2.5]),
        (lambda o: schedules.warmup(o, 4, start=0.2), torch_schedules.LinearLR, [0.2, 0.4, 0.6, 0.8, 1, 1]),
        (
            lambda o: schedules.warmup(o, 2, schedules.exponential(o, 0.5), start=0.5),
            torch_schedules.SequentialLR,
            [0.5, 0.75, 1, 0.5, 0.25],
        ),
    ],
)
def test_each_is_one_of_torchs_own(make: Callable[[Any], Any], kind: type, expected: list[float]) -> None:
    schedule = make(optimizer())
    assert type(schedule) is kind
    assert rates(schedule, len(expected)) == pytest.approx(expected)


def test_plateau_follows_a_metric() -> None:
    schedule = schedules.plateau(optimizer(), patience=1, mode="max")
    for accuracy in (0.5, 0.6, 0.6, 0.6):
        schedule.step(accuracy)
    assert isinstance(schedule, torch_schedules.ReduceLROnPlateau)
    assert schedule.optimizer.param_groups[0]["lr"] == 0.5


def test_they_save_and_load_their_settings() -> None:
    saved = schedules.inverse_time(optimizer(), 0.5).state_dict()
    resumed = schedules.inverse_time(optimizer(), 3.0)
    resumed.load_state_dict(saved)
    assert rates(resumed, 3) == pytest.approx([1.0, 1 / 1.5, 1 / 2])


def test_a_decrement_is_the_same_number_for_every_group() -> None:
    both = torch.optim.SGD([{"params": mlp().parameters(), "lr": 1.0}, {"params": mlp().parameters(), "lr": 0.5}])
    schedule = schedules.step(both, 1, decrement=0.2)
    both.step()
    schedule.step()
    assert [group["lr"] for group in both.param_groups] == pytest.approx([0.8, 0.3])


@pytest.mark.parametrize(
    ("make", "error", "message"),
    [
        (lambda o: schedules.step(o, 0), ValueError, "every must be positive"),
        (lambda o: schedules.step(o, 3, factor=0.5, decrement=0.1), ValueError, "not both"),
        (lambda o: schedules.step(o, 3, factor=2), ValueError, "between 0 and 1"),
        (lambda o: schedules.plateau(o, mode="up"), ValueError, '"min" .* or "max"'),
        (lambda o: schedules.exponential(o), ValueError, "gamma or half_life"),
        (lambda o: schedules.inverse_time(o, -1), ValueError, "k must be positive"),
        (lambda o: schedules.warmup(o, 3, schedules.plateau(o)), TypeError, "step both yourself"),
        (lambda o: schedules.warmup(o, 3, schedules.step(optimizer(), 2)), ValueError, "another optimizer"),
    ],
)
def test_bad_settings_are_refused(make: Callable[[Any], Any], error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        make(optimizer())


BY_BATCH = {"epochs": 40, "steps_per_epoch": 50, "every": "batch"}


@pytest.mark.parametrize(
    ("make", "run"),
    [
        (lambda o: schedules.step(o, 10), {"epochs": 40}),
        (lambda o: schedules.exponential(o, 0.95), {"epochs": 40}),
        (lambda o: schedules.inverse_time(o, 0.1), {"epochs": 40}),
        (lambda o: schedules.plateau(o), {"epochs": 40}),
        (lambda o: schedules.warmup(o, 5, torch_schedules.CosineAnnealingLR(o, 35)), {"epochs": 40}),
        (lambda o: torch_schedules.CosineAnnealingLR(o, 40), {"epochs": 40}),
        (lambda o: torch_schedules.CosineAnnealingWarmRestarts(o, 10), {"epochs": 40}),
        (lambda o: torch_schedules.MultiStepLR(o, [20, 30], 0.1), {"epochs": 40}),
        (lambda o: torch_schedules.PolynomialLR(o, 40), {"epochs": 40}),
        (lambda o: torch_schedules.LinearLR(o, 1.0, 0.1, 40), {"epochs": 40}),
        (lambda o: torch_schedules.OneCycleLR(o, 0.1, total_steps=2000), BY_BATCH),
        (lambda o: torch_schedules.CosineAnnealingLR(o, 2000), BY_BATCH),
        (lambda o: torch_schedules.StepLR(o, 500), BY_BATCH),
        (lambda o: torch_schedules.CyclicLR(o, 0.01, 0.1, step_size_up=100), BY_BATCH),
    ],
)
def test_healthy_schedules_pass(make: Callable[[Any], Any], run: dict[str, Any]) -> None:
    report = check_schedule(make, **run)
    assert report.verdict is Verdict.PASS, str(report)
    assert len(report.rates) == run["epochs"] * (run.get("steps_per_epoch", 1))


@pytest.mark.parametrize(
    ("make", "run", "code"),
    [
        (lambda o: schedules.step(o, 50), {"epochs": 40}, "TL701"),
        (lambda o: torch_schedules.LambdaLR(o, lambda step: 1.0), {"epochs": 40}, "TL701"),
        (lambda o: schedules.exponential(o, 0.6), {"epochs": 40}, "TL710"),
        (lambda o: torch_schedules.MultiStepLR(o, [4, 8, 12], 0.05), {"epochs": 40}, "TL710"),
        (lambda o: schedules.exponential(o, 0.9), BY_BATCH, "TL705"),
        (lambda o: torch_schedules.StepLR(o, 10), BY_BATCH, "TL705"),
        (lambda o: torch_schedules.MultiStepLR(o, [20, 30], 0.1), BY_BATCH, "TL705"),
        (lambda o: torch_schedules.CosineAnnealingLR(o, 40), BY_BATCH, "TL705"),
        (
            lambda o: torch_schedules.OneCycleLR(o, 0.1, total_steps=2000),
            {"epochs": 40, "steps_per_epoch": 50, "every": "epoch"},
            "TL705",
        ),
        (lambda o: torch_schedules.OneCycleLR(o, 0.1, total_steps=1500), BY_BATCH, "TL714"),
        (lambda o: torch_schedules.CosineAnnealingLR(o, 20), {"epochs": 40}, "TL714"),
        (lambda o: torch_schedules.CosineAnnealingLR(o, 400), {"epochs": 40}, "TL714"),
        (lambda o: torch_schedules.MultiStepLR(o, [20, 60], 0.1), {"epochs": 40}, "TL714"),
        (lambda o: schedules.warmup(o, 5, torch_schedules.CosineAnnealingLR(o, 80)), {"epochs": 40}, "TL714"),
        (lambda o: torch_schedules.LambdaLR(o, lambda step: 1 - step / 20), {"epochs": 40}, "TL709"),
        (lambda o: torch_schedules.LambdaLR(o, lambda step: 200.0 / (1 + step)), {"epochs": 40}, "TL709"),
    ],
)
def test_a_wrong_schedule_is_found_by_its_code(make: Callable[[Any], Any], run: dict[str, Any], code: str) -> None:
    assert check_schedule(make, **run).codes == (code,)


def test_the_optimizers_usual_range_counts() -> None:
    big = check_schedule(lambda o: schedules.step(o, 10), epochs=40, optimizer=optimizer(0.1, torch.optim.Adam))
    assert big.codes == ("TL709",)
    assert "Adam is usually run below 0.05" in big.part("range").message
    assert check_schedule(lambda o: schedules.step(o, 10), epochs=40, optimizer=optimizer(0.1)).ok


def test_a_live_schedule_is_continued_and_says_so() -> None:
    schedule = schedules.step(optimizer(), 3)
    for _ in range(4):
        schedule.optimizer.step()
        schedule.step()
    report = check_schedule(schedule, epochs=10)
    assert report.rates == pytest.approx((0.5, 0.5, 0.25, 0.25, 0.25, 0.125, 0.125, 0.125, 0.0625, 0.0625))
    assert any("had taken 4 steps" in note for note in report.notes)


def test_a_plateau_schedule_is_shown_for_the_metric_that_is_given() -> None:
    improving = check_schedule(
        lambda o: schedules.plateau(o, patience=2), epochs=30, metric=lambda step: 1 / (1 + step)
    )
    stalled = check_schedule(lambda o: schedules.plateau(o, patience=2), epochs=30)
    assert improving.rates[-1] == 0.1
    assert stalled.rates[-1] < 0.01


def test_the_print_shows_the_curve() -> None:
    text = str(check_schedule(lambda o: torch_schedules.CosineAnnealingLR(o, 8), epochs=8))
    assert text.endswith("note  rate over the run: ██▇▆▅▃▂▁")


@pytest.mark.parametrize(
    ("schedule", "run", "error", "message"),
    [
        (3, {"epochs": 4}, TypeError, "not int"),
        (lambda o: None, {"epochs": 4}, TypeError, "returned NoneType, not a scheduler"),
        (lambda o: schedules.step(o, 2), {"epochs": 0}, ValueError, "must be positive"),
        (lambda o: schedules.step(o, 2), {"epochs": 2, "every": "step"}, ValueError, '"epoch" or "batch"'),
    ],
)
def test_bad_input_gets_one_clear_line(
    schedule: Any, run: dict[str, Any], error: type[Exception], message: str
) -> None:
    with pytest.raises(error, match=message):
        check_schedule(schedule, **run)


class Axes:
    """What plots need of matplotlib's axes, recorded."""

    def __init__(self) -> None:
        self.calls: dict[str, tuple[Any, ...]] = {}

    def __getattr__(self, name: str) -> Callable[..., None]:
        def called(*arguments: Any, **settings: Any) -> None:
            self.calls[name] = arguments

        return called


def test_plots_draw_on_axes_of_the_users() -> None:
    axes = Axes()
    run = {"epochs": 4, "steps_per_epoch": 2, "every": "batch"}
    assert plot_schedule(lambda o: torch_schedules.CosineAnnealingLR(o, 8), ax=axes, log=True, **run) is axes
    positions, values = axes.calls["plot"]
    assert positions == [0, 0.5, 1, 1.5, 2, 2.5, 3, 3.5]
    assert values[0] == 0.1
    assert axes.calls["set_yscale"] == ("log",)


def test_plots_without_matplotlib_say_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "matplotlib.pyplot", None)
    with pytest.raises(ModuleNotFoundError, match="plots need matplotlib"):
        plot_schedule(ScheduleReport("check_schedule", rates=(1.0, 0.5)))
