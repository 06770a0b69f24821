"""check_schedule and plot_schedule: what a schedule will do to the rate, before the run."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

import torch

from trainlint.runtime.report import Part, Report, Verdict
from trainlint.runtime.state import preserved

from .horizon import Run, check_cadence, check_horizon
from .plots import axes, sparkline
from .simulation import SchedulerFactory, Simulation, simulate

# A rate below a thousandth of its highest trains no more; before half of the run that is too early (rule TL710).
COLD = 1e-3
EARLY = 0.5
# The usual ranges end here (rule TL709).
ADAM_LIMIT = 0.05
SGD_LIMIT = 10.0
ADAPTIVE = ("Adam", "AdamW", "NAdam", "RAdam", "Adamax", "SparseAdam", "RMSprop")
# Rates that differ by less than this share are one rate.
SAME_RATE = 1e-6


@dataclass
class ScheduleReport(Report):
    """The report of :func:`check_schedule`: the ``rates`` of the first parameter group before each step of the
    schedule, and how many of these steps make an epoch."""

    rates: tuple[float, ...] = ()
    steps_per_epoch: int = 1

    def details(self) -> dict[str, object]:
        return {"rates": [*self.rates], "steps_per_epoch": self.steps_per_epoch}


def check_schedule(
    schedule: Any | SchedulerFactory,
    *,
    epochs: int,
    steps_per_epoch: int = 1,
    every: Literal["epoch", "batch"] = "epoch",
    optimizer: torch.optim.Optimizer | None = None,
    rate: float = 0.1,
    metric: Callable[[int], float] = lambda step: 1.0,
) -> ScheduleReport:
    """Run a copy of ``schedule`` over the whole training in advance, and judge what becomes of the learning rate.

    Found are a rate that never changes (TL701), one below a thousandth of its highest before half of the run is over
    (TL710), schedules built for epochs and stepped by batches or the other way round (TL705), lengths and milestones
    that are not the run's (TL714), and rates that are not positive or out of the optimizer's usual range (TL709).
    Neither schedule nor optimizer is touched.

    Args:
        schedule: a scheduler, or a function from an optimizer to one.
        epochs: length of the training.
        steps_per_epoch: batches an epoch. A run counted in batches is one epoch of many.
        every: whether the training steps the schedule once an epoch or once a batch.
        optimizer: for a function: the optimizer that it will be given. Without it, SGD at ``rate``.
        metric: for plateau schedules: the metric at each step. By default it never improves.

    Raises:
        ValueError: a length that is not positive, or another word for ``every``.
        TypeError: ``schedule`` is neither a scheduler nor a function that makes one.
    """
    if epochs < 1 or steps_per_epoch < 1:
        raise ValueError(f"epochs and steps_per_epoch must be positive, not {epochs} and {steps_per_epoch}")
    if every not in ("epoch", "batch"):
        raise ValueError(f'every must be "epoch" or "batch", not {every!r}')
    run = Run(epochs, steps_per_epoch, every == "batch")
    with preserved():
        found = simulate(schedule, run.steps, optimizer, rate, metric)
    report = ScheduleReport("check_schedule", rates=tuple(found.rates))
    report.steps_per_epoch = steps_per_epoch if run.per_batch else 1
    cadence = check_cadence(found.scheduler, run)
    parts = [_change(found), _range(found)]
    if cadence is not None:
        parts.append(cadence)
    elif parts[-1].verdict is not Verdict.FAIL:
        parts += [_cooldown(found), check_horizon(found.scheduler, run, found.error, len(found.rates))]
    report.parts = tuple(parts)
    report.notes = (f"rate over the run: {sparkline(found.rates)}",)
    taken = getattr(schedule, "last_epoch", 0)
    if taken > 0:
        report.notes += (f"the schedule had taken {taken} steps already, and was continued from there",)
    return report


def plot_schedule(
    schedule: Any | SchedulerFactory | ScheduleReport, *, ax: Any = None, log: bool = False, **settings: Any
) -> Any:
    """Draw the rate over the run: of a report, or of what :func:`check_schedule` takes, with its arguments.

    Returns the matplotlib axes (``ax`` where given). Raises ``ModuleNotFoundError`` without matplotlib.
    """
    target = axes(ax)
    report = schedule if isinstance(schedule, ScheduleReport) else check_schedule(schedule, **settings)
    epochs = [index / report.steps_per_epoch for index in range(len(report.rates))]
    target.plot(epochs, report.rates, drawstyle="steps-post")
    target.set_xlabel("epoch")
    target.set_ylabel("learning rate")
    if log:
        target.set_yscale("log")
    for part in report.findings:
        target.set_title(f"{part.code or ''} {part.message}".strip(), fontsize="small", wrap=True)
    return target


def _change(found: Simulation) -> Part:
    rates = found.rates
    evidence = {"first": rates[0], "highest": max(rates), "last": rates[-1]}
    if max(rates) - min(rates) > SAME_RATE * abs(max(rates)):
        return Part("change", Verdict.PASS, f"from {rates[0]:.3g} to {rates[-1]:.3g}", evidence=evidence)
    return Part(
        "change",
        Verdict.WARN,
        f"the rate never changes in {len(rates)} steps",
        "look at the schedule's period, patience and milestones: they lie beyond the run",
        cause="no-lr-schedule",
        code="TL701",
        evidence=evidence,
    )


def _cooldown(found: Simulation) -> Part:
    rates = found.rates
    if found.by_metric:
        return Part("cool-down", Verdict.SKIP, "a plateau schedule cools as the metric says")
    limit = COLD * max(rates)
    warm = max((index for index, rate in enumerate(rates) if rate >= limit), default=0) + 1
    share = warm / len(rates)
    if warm < len(rates) and share <= EARLY:
        return Part(
            "cool-down",
            Verdict.WARN,
            f"the rate is below a thousandth of its highest after {warm} of {len(rates)} steps, and stays there",
            "lower it more slowly: the rest of the run hardly trains",
            cause="cooldown-too-fast",
            code="TL710",
            evidence={"share of the run": share},
        )
    return Part("cool-down", Verdict.PASS, f"the rate stays warm for {share:.0%} of the run")


def _range(found: Simulation) -> Part:
    rates, kind = found.rates, type(found.scheduler.optimizer).__name__
    bad = next((index for index, rate in enumerate(rates) if not math.isfinite(rate) or rate < 0), None)
    if bad is not None or max(rates) <= 0:
        where = f"{rates[bad]:.3g} at step {bad}" if bad is not None else "never above zero"
        advice = "look at the schedule's formula"
        return Part("range", Verdict.FAIL, f"the rate is {where}", advice, cause="rate-not-positive", code="TL709")
    limit = ADAM_LIMIT if kind in ADAPTIVE else SGD_LIMIT if kind == "SGD" else math.inf
    if max(rates) >= limit:
        message = f"the rate reaches {max(rates):.3g}, {kind} is usually run below {limit:g}"
        advice = "find_learning_rate shows which rates this model bears"
        return Part("range", Verdict.WARN, message, advice, cause="rate-too-large", code="TL709")
    return Part("range", Verdict.PASS, f"{min(rates):.3g} to {max(rates):.3g}")
