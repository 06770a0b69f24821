"""Run a schedule ahead of its training, on an optimizer that updates nothing."""

from __future__ import annotations

import copy
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import torch
from torch import nn
from torch.optim.lr_scheduler import ReduceLROnPlateau

from trainlint.runtime.optimizers import throwaway

SchedulerFactory = Callable[[torch.optim.Optimizer], Any]


@dataclass
class Simulation:
    """The rates of the first group before each of its steps, and the error that ended it early, if one did."""

    scheduler: Any
    rates: list[float]
    error: str | None = None

    @property
    def by_metric(self) -> bool:
        """Whether the schedule reacts to a metric and counts no steps."""
        return isinstance(self.scheduler, ReduceLROnPlateau)


def simulate(
    schedule: Any, steps: int, optimizer: torch.optim.Optimizer | None, rate: float, metric: Callable[[int], float]
) -> Simulation:
    """Let a copy of ``schedule`` (or what the factory makes) take ``steps`` steps; plateau schedules get ``metric(i)``.

    Raises ``TypeError`` for what is neither a scheduler nor a factory of one.
    """
    with warnings.catch_warnings():
        # The stand-in takes no steps, which its scheduler would warn about.
        warnings.simplefilter("ignore")
        scheduler = _on_throwaway(schedule, optimizer, rate)
        found = Simulation(scheduler, [])
        for index in range(steps):
            found.rates.append(float(scheduler.optimizer.param_groups[0]["lr"]))
            try:
                scheduler.step(metric(index)) if found.by_metric else scheduler.step()
            except ValueError as error:
                if index + 1 < steps:
                    found.error = str(error).strip().splitlines()[0]
                    break
    return found


def _on_throwaway(schedule: Any, optimizer: torch.optim.Optimizer | None, rate: float) -> Any:
    held = getattr(schedule, "optimizer", None)
    if isinstance(held, torch.optim.Optimizer) and hasattr(schedule, "step"):
        return copy.deepcopy(schedule, {id(held): throwaway(held)})
    if not callable(schedule):
        raise TypeError(f"expected a scheduler or a function that makes one, not {type(schedule).__name__}")
    if optimizer is None:
        stand_in: torch.optim.Optimizer = torch.optim.SGD([nn.Parameter(torch.zeros(1))], lr=rate, momentum=0.9)
    else:
        stand_in = throwaway(optimizer)
    made = schedule(stand_in)
    if not hasattr(made, "step") or not isinstance(getattr(made, "optimizer", None), torch.optim.Optimizer):
        raise TypeError(f"the function returned {type(made).__name__}, not a scheduler")
    return made
