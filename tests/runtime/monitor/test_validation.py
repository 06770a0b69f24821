from __future__ import annotations

import math

import pytest

from trainlint.findings import Level
from trainlint.runtime import EarlyStopping, ValidationMonitor


def watch(pairs: list[tuple[float, float]], initial: float | None = 2.3) -> ValidationMonitor:
    monitor = ValidationMonitor(initial)
    for epoch, (training, validation) in enumerate(pairs):
        monitor.observe(10 * epoch, validation, training)
    return monitor


def names(pairs: list[tuple[float, float]]) -> list[str]:
    return [finding.name for finding in watch(pairs).findings()]


def test_curves_that_fall_together_are_fine() -> None:
    assert names([(2.3 * 0.7**k, 2.3 * 0.7**k + 0.05) for k in range(12)]) == []


def test_a_late_small_rise_is_no_overfitting() -> None:
    assert names([(0.5 * 0.6**k, 0.12 + 0.004 * k) for k in range(12)]) == []


def test_validation_that_turns_round() -> None:
    pairs = [(2.0 * 0.6**k, 1.0 + 0.02 * (k - 4) ** 2) for k in range(14)]
    monitor = watch(pairs)
    (finding,) = monitor.findings()
    assert (finding.name, finding.code, finding.level) == ("overfitting", "TL802", Level.WARNING)
    assert monitor.best_epoch == 4
    assert monitor.best is not None
    assert monitor.best.step == 40


def test_a_gap_without_a_turn() -> None:
    assert names([(2.3 * 0.3**k, 0.9 + 1.4 * 0.3**k) for k in range(8)]) == ["overfitting"]


def test_one_bad_evaluation_is_forgiven() -> None:
    pairs = [(2.3 * 0.7**k, 2.3 * 0.7**k + 0.05) for k in range(12)]
    pairs[7] = (pairs[7][0], 4.0)
    assert names(pairs) == []


def test_validation_at_chance_is_no_mere_overfitting() -> None:
    assert names([(2.3 * 0.5**k, 2.3 + 0.3 * k) for k in range(8)]) == ["validation-at-chance"]


def test_both_high_is_underfitting() -> None:
    (finding,) = watch([(1.9, 1.95)] * 8).findings()
    assert (finding.name, finding.level) == ("underfitting", Level.ADVICE)


def test_too_few_evaluations_for_a_verdict() -> None:
    assert names([(2.0, 2.0), (0.1, 3.0)]) == []


def test_losses_that_are_no_numbers() -> None:
    monitor = watch([(math.nan, math.nan)] * 4)
    assert monitor.best is None
    assert monitor.best_epoch is None
    assert list(monitor.findings()) == []


def test_early_stopping_waits_for_its_patience() -> None:
    stopping = EarlyStopping(patience=3)
    metrics = [1.0, 0.8, 0.9, 0.85, 0.7, 0.71, 0.72, 0.73]
    assert [stopping.step(metric) for metric in metrics] == [False] * 7 + [True]
    assert (stopping.best, stopping.best_evaluation) == (0.7, 4)


def test_early_stopping_upwards_with_a_least_gain() -> None:
    stopping = EarlyStopping(patience=2, min_delta=0.01, mode="max")
    assert [stopping.step(metric) for metric in (0.5, 0.6, 0.605, 0.607)] == [False, False, False, True]
    assert stopping.best == 0.6


def test_a_nan_is_no_improvement() -> None:
    stopping = EarlyStopping(patience=2)
    assert [stopping.step(metric) for metric in (math.nan, math.nan)] == [False, True]
    assert stopping.best_evaluation is None


def test_a_resumed_early_stopping_stops_where_the_whole_run_does() -> None:
    metrics = [0.9, 0.8, 0.85, 0.84, 0.83]
    whole, first = EarlyStopping(patience=3), EarlyStopping(patience=3)
    expected = [whole.step(metric) for metric in metrics]
    outcomes = [first.step(metric) for metric in metrics[:3]]
    second = EarlyStopping(patience=3)
    second.load_state_dict(first.state_dict())
    outcomes += [second.step(metric) for metric in metrics[3:]]
    assert outcomes == expected
    assert expected[-1]


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"patience": 0}, "patience must be at least 1"),
        ({"min_delta": -0.1}, "min_delta must not be negative"),
        ({"mode": "smallest"}, 'mode must be "min" or "max"'),
    ],
)
def test_early_stopping_refuses_nonsense(settings: dict[str, object], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        EarlyStopping(**settings)  # type: ignore[arg-type]
