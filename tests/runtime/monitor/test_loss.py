from __future__ import annotations

import math
import random

import pytest

from trainlint.findings import Level
from trainlint.runtime import LossMonitor


def falling(steps: int, noise: float = 0.05) -> list[float]:
    generator = random.Random(0)
    return [2.3 * math.exp(-step / 60) + 0.05 + generator.gauss(0, noise) for step in range(steps)]


def watch(losses: list[float]) -> LossMonitor:
    monitor = LossMonitor()
    for step, loss in enumerate(losses):
        monitor.observe(step, loss)
    return monitor


def names(losses: list[float]) -> list[str]:
    return [finding.name for finding in watch(losses).findings()]


def test_a_falling_loss_is_fine() -> None:
    assert names(falling(300)) == []


def test_the_step_of_the_first_nan_is_named() -> None:
    losses = falling(100)
    losses[57:] = [math.nan] * 43
    (finding,) = watch(losses).findings()
    assert (finding.name, finding.step, finding.code, finding.level) == ("non-finite-loss", 57, "TL803", Level.ERROR)


def test_an_infinite_loss_counts_as_not_finite() -> None:
    assert names([*falling(50), math.inf]) == ["non-finite-loss"]


def test_explosion() -> None:
    losses = [2.3 * 1.1**step for step in range(80)]
    (finding,) = watch(losses).findings()
    assert finding.name == "loss-explosion"
    assert "rose from 2." in finding.message


def test_a_short_rise_while_the_rate_warms_up_is_no_explosion() -> None:
    losses = falling(300)
    losses[20:30] = [9.0] * 10
    assert "loss-explosion" not in names(losses)


def test_spikes_are_told_from_noise() -> None:
    losses = falling(300)
    for step in (80, 140, 200):
        losses[step] += 8.0
    monitor = watch(losses)
    assert monitor.spikes == [80, 140, 200]
    assert [finding.name for finding in monitor.findings()] == ["loss-spikes"]


def test_hard_batches_of_a_converged_run_are_no_spikes() -> None:
    losses = [2.3 * math.exp(-step / 20) for step in range(300)]
    for step in range(150, 300, 10):
        losses[step] += 0.3  # a thousand times the rest, and a tenth of where it began
    assert names(losses) == []


def test_a_loss_at_chance() -> None:
    generator = random.Random(1)
    assert names([2.3 + generator.gauss(0, 0.02) for _ in range(200)]) == ["loss-not-falling"]


def test_a_loss_at_chance_is_not_judged_after_a_few_steps() -> None:
    assert names([2.3] * 60) == []


def test_a_resumed_run_begins_where_it_stopped() -> None:
    monitor = LossMonitor(untrained=2.3)
    for step in range(200):
        monitor.observe(step, 0.02)
    assert list(monitor.findings()) == []


def test_a_resumed_run_is_measured_on_what_an_untrained_network_loses() -> None:
    monitor = LossMonitor(untrained=2.3)
    for step in range(300):
        monitor.observe(step, 0.4 if step % 40 == 30 else 0.02)
    assert list(monitor.findings()) == []


def test_a_loss_that_fell_and_came_back_has_learnt() -> None:
    losses = falling(150) + [2.35] * 100
    assert "loss-not-falling" not in names(losses)


def test_a_loss_without_a_floor() -> None:
    assert names([-2.3 * 1.2**step for step in range(60)]) == ["unbounded-loss"]


def test_the_likelihood_of_a_density_may_be_negative() -> None:
    assert names([1.4 - 3 * (1 - math.exp(-step / 50)) for step in range(300)]) == []


def test_a_plateau_is_advice() -> None:
    losses = [0.8 + 1.5 * math.exp(-step / 20) for step in range(400)]
    (finding,) = watch(losses).findings()
    assert (finding.name, finding.level) == ("loss-plateau", Level.ADVICE)


def test_noise_is_measured_on_the_initial_loss() -> None:
    monitor = watch(falling(400, noise=0.23))
    assert monitor.noise() == pytest.approx(0.1, rel=0.2)


def test_memory_is_bounded() -> None:
    monitor = watch(falling(20_000))
    assert len(monitor.curve) <= 2048
    assert monitor.curve.steps[-1] > 19_900
