"""find_learning_rate: raise the rate batch by batch, and see where the loss falls fastest."""

from __future__ import annotations

import itertools
import math
import statistics
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import torch
from torch import nn

from trainlint.runtime.batches import LossFunction, call, loss_value, map_tensors
from trainlint.runtime.captured import captured
from trainlint.runtime.copies import unwrap, working_copy
from trainlint.runtime.optimizers import OptimizerLike, learning_rates, twin_optimizer
from trainlint.runtime.report import Part, Report, Verdict
from trainlint.runtime.state import preserved

from .plots import axes, sparkline

# L. N. Smith, "Cyclical Learning Rates for Training Neural Networks", 2017: the range test. It ends where the loss is
# so many times its best, as in fastai's finder.
DIVERGED = 4.0
# Running medians over so many batches drop single odd ones.
MEDIAN = 5
# Slopes are taken over half a decade of rates.
DECADES = 0.5
# A fall that is smaller than so many times the spread from batch to batch, or than this share, is none.
NOISE = 3.0
LEAST_FALL = 0.05
# The loss at its lowest is about to rise: the usual choice is a tenth of that rate (fastai's finder does the same).
MARGIN = 10.0
FEWEST_STEPS = 20


@dataclass
class LearningRateReport(Report):
    """The report of :func:`find_learning_rate`.

    ``steepest`` is the rate at the steepest fall of the loss on the log axis, ``highest`` that at the lowest loss,
    beyond which training gets worse, and ``suggestion`` the smaller of ``steepest`` and a tenth of ``highest``; all are
    ``None`` where the loss never falls. ``rates`` and ``losses`` are the curve.
    """

    suggestion: float | None = None
    steepest: float | None = None
    highest: float | None = None
    rates: tuple[float, ...] = ()
    losses: tuple[float, ...] = ()
    smoothed: tuple[float, ...] = ()

    def details(self) -> dict[str, object]:
        losses = [loss if math.isfinite(loss) else None for loss in self.losses]
        found = {"suggestion": self.suggestion, "steepest": self.steepest, "highest": self.highest}
        return {**found, "rates": [*self.rates], "losses": losses}

    def plot(self, ax: Any = None) -> Any:
        """Draw the loss over the rate. Raises ``ModuleNotFoundError`` without matplotlib and ``ax``."""
        target = axes(ax)
        target.plot(self.rates, self.losses, alpha=0.3, label="loss")
        target.plot(self.rates, self.smoothed, label="running median")
        if self.suggestion is not None:
            target.axvline(self.suggestion, linestyle="--", label=f"suggestion {self.suggestion:.2g}")
        target.set_xscale("log")
        target.set_xlabel("learning rate")
        target.set_ylabel("loss")
        target.legend()
        return target


def find_learning_rate(
    model: nn.Module,
    batches: Iterable[Any],
    loss: LossFunction | None = None,
    optimizer: OptimizerLike = None,
    *,
    low: float = 1e-7,
    high: float = 10.0,
    steps: int = 100,
    seed: int = 0,
) -> LearningRateReport:
    """Train a copy of ``model`` while the rate rises from ``low`` to ``high``, one batch a step, and suggest a rate.

    The loss is smoothed by running medians; its slope against the logarithm of the rate is the median of the slopes
    between all pairs of points within half a decade (Theil and Sen), which single odd batches do not move. Model,
    optimizer and random generators are left as they were. An iterator is used up; a loader is not.

    Args:
        model: trained in train mode, on a copy.
        batches: a loader, or any iterable of ``(inputs, targets)`` pairs or of mappings whose forward returns a loss;
            it is begun anew when it ends. Tensors are moved to the model's device.
        loss: ``loss(output, targets)`` to one number.
        optimizer: the training's own, or a function from parameters to one; by default Adam. The ratios between its
            groups' rates are kept.
        low, high: the range of rates.
        steps: batches to use; at least 20.

    Raises:
        ValueError: an empty range, too few steps, or no batch.
        TypeError: ``optimizer`` makes no optimizer, or the loss is not one number.
    """
    if not 0 < low < high:
        raise ValueError(f"the range must be positive and rising, not {low:g} to {high:g}")
    if steps < FEWEST_STEPS:
        raise ValueError(f"steps must be {FEWEST_STEPS} at least, not {steps}")
    report = LearningRateReport("find_learning_rate")
    with preserved(model, *captured(loss, optimizer if callable(optimizer) else None)), working_copy(model) as network:
        torch.manual_seed(seed)
        twin = twin_optimizer(optimizer, unwrap(model), network)
        rates, losses = _range_test(network, batches, loss, twin, low, high, steps)
    report.rates, report.losses = tuple(rates), tuple(losses)
    report.smoothed = tuple(_running_medians(losses))
    _judge(report, high)
    return report


def _range_test(
    network: nn.Module,
    batches: Iterable[Any],
    loss: LossFunction | None,
    optimizer: torch.optim.Optimizer,
    low: float,
    high: float,
    steps: int,
) -> tuple[list[float], list[float]]:
    network.train()
    top = max(learning_rates(optimizer), default=0.0)
    shares = [float(group["lr"]) / top if top > 0 else 1.0 for group in optimizer.param_groups]
    device = next((parameter.device for parameter in network.parameters()), torch.device("cpu"))
    rates: list[float] = []
    losses: list[float] = []
    for step, batch in enumerate(itertools.islice(_endless(batches), steps)):
        rate = low * (high / low) ** (step / (steps - 1))
        for group, share in zip(optimizer.param_groups, shares, strict=True):
            group["lr"] = rate * share
        inputs, targets = _halves(map_tensors(batch, lambda tensor: tensor.to(device)))
        optimizer.zero_grad()
        value = loss_value(call(network, inputs), targets, loss)
        rates.append(rate)
        losses.append(float(value.detach()))
        if not math.isfinite(losses[-1]) or _diverged(losses):
            break
        value.backward()  # type: ignore[no-untyped-call]
        optimizer.step()
    if not losses:
        raise ValueError("there is no batch to try rates on")
    return rates, losses


def _endless(batches: Iterable[Any]) -> Iterator[Any]:
    while True:
        empty = True
        for batch in batches:
            empty = False
            yield batch
        if empty:
            return


def _halves(batch: Any) -> tuple[Any, Any]:
    if isinstance(batch, (tuple, list)) and len(batch) == 2:
        return batch[0], batch[1]
    if isinstance(batch, (tuple, list)) and len(batch) > 2:
        return tuple(batch[:-1]), batch[-1]
    return (batch[0], None) if isinstance(batch, (tuple, list)) and not isinstance(batch, Mapping) else (batch, None)


def _diverged(losses: list[float]) -> bool:
    if len(losses) < FEWEST_STEPS:
        return False
    smoothed = _running_medians(losses)
    start = statistics.median(losses[:FEWEST_STEPS])
    return statistics.median(losses[-3:]) > min(smoothed) + (DIVERGED - 1) * abs(max(min(smoothed), start / DIVERGED))


def _running_medians(losses: list[float]) -> list[float]:
    half = MEDIAN // 2
    return [statistics.median(losses[max(0, i - half) : i + half + 1]) for i in range(len(losses))]


def _judge(report: LearningRateReport, high: float) -> None:
    smoothed, rates = report.smoothed, report.rates
    finite = [value for value in smoothed if math.isfinite(value)]
    if len(finite) < MEDIAN:
        report.parts = (_failed("the loss is not finite from the first steps on", "non-finite-loss", {}),)
        return
    lowest = min(range(len(finite)), key=finite.__getitem__)
    calm = max(len(finite) // 5, MEDIAN)
    start = statistics.median(finite[:calm])
    noise = statistics.median(abs(b - a) for a, b in itertools.pairwise(report.losses[:calm]))
    fall = start - finite[lowest]
    evidence = {"loss at the start": start, "lowest": finite[lowest], "noise": noise, "batches": len(rates)}
    report.notes = (f"loss from {rates[0]:.1g} to {rates[-1]:.1g}: {sparkline(finite)}",)
    if fall < NOISE * noise or fall < LEAST_FALL * abs(start):
        report.parts = (_failed("the loss falls at no rate", "no-descent", evidence),)
        return
    report.highest = rates[lowest]
    report.steepest = _steepest(rates, smoothed, lowest)
    report.suggestion = min(report.steepest, report.highest / MARGIN)
    message = (
        f"try {report.suggestion:.2g}: the loss falls fastest at {report.steepest:.2g}, and rises beyond "
        f"{report.highest:.2g}"
    )
    ended = rates[-1] >= high * 0.999 and lowest >= len(rates) - MEDIAN
    report.parts = (
        Part(
            "range test",
            Verdict.WARN if ended else Verdict.PASS,
            message if not ended else f"the loss still falls at the end of the range, {high:g}",
            "test a higher range (high=)" if ended else "",
            cause="range-too-low" if ended else None,
            evidence=evidence,
        ),
    )


def _failed(message: str, cause: str, evidence: dict[str, float]) -> Part:
    advice = "run check_overfit: it says why nothing is learned; or give more steps or larger batches"
    return Part("range test", Verdict.FAIL, message, advice, cause=cause, evidence=evidence)


def _steepest(rates: tuple[float, ...], losses: tuple[float, ...], lowest: int) -> float:
    """The middle of the half decade before the lowest loss in which the loss falls fastest."""
    logs = [math.log10(rate) for rate in rates]
    width = max(MEDIAN, round(DECADES * (len(logs) - 1) / (logs[-1] - logs[0])))
    best, where = math.inf, lowest
    for start in range(max(1, lowest + 1 - width)):
        window = range(start, min(start + width, lowest + 1))
        slope = _median_slope([logs[i] for i in window], [losses[i] for i in window])
        if slope < best:
            best, where = slope, window[len(window) // 2]
    return rates[where]


def _median_slope(positions: list[float], values: list[float]) -> float:
    pairs = itertools.combinations(zip(positions, values, strict=True), 2)
    return statistics.median([(b - a) / (y - x) for (x, a), (y, b) in pairs] or [0.0])
