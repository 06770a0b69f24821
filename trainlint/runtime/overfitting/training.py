"""One short training on a handful of samples, and what was seen in it."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import Tensor, nn

from trainlint.runtime.batches import LossFunction, batch_size, call, cloned, loss_value
from trainlint.runtime.modes import batch_norms
from trainlint.runtime.optimizers import learning_rates

# Steps between two measurements with dropout off.
EVERY = 10
# A training whose distance to the goal still shrinks by this share over its last quarter gets more time, up to so many
# times the steps.
FALLING = 0.1
PATIENCE = 4

# Torch's words for a backward into a graph that an earlier one has freed.
SECOND_BACKWARD = "backward through the graph a second time"


@dataclass
class Trial:
    """What one training showed. ``measured`` holds the losses with dropout off, ``gradients`` each parameter's gradient
    norm in the first step (``None``: none arrived), ``changed`` which parameters moved in it. ``retained``:
    a backward went back into the graph of an earlier one."""

    measured: list[float] = field(default_factory=list)
    goal: float = 0.0
    steps: int = 0
    reached: bool = False
    detached: bool = False
    retained: bool = False
    backwards: int = 0
    gradients: dict[str, float | None] = field(default_factory=dict)
    changed: dict[str, bool] = field(default_factory=dict)
    rates: list[float] = field(default_factory=list)
    output: Any = None
    first_output: Any = None

    @property
    def first(self) -> float:
        """The loss before the first step."""
        return self.measured[0]

    @property
    def last(self) -> float:
        """The loss at the end."""
        return self.measured[-1]

    @property
    def still_falling(self) -> bool:
        """Whether the loss was on its way down when the training ended."""
        recent = max(len(self.measured) // 4, 1)
        if len(self.measured) < 2 * recent + 1 or not math.isfinite(self.last):
            return False
        now, before = min(self.measured[-recent:]), min(self.measured[-2 * recent : -recent])
        return before - now > FALLING * (before - self.goal)


@dataclass
class Setup:
    """What is trained: a module with its optimizer, on one small batch."""

    network: nn.Module
    optimizer: torch.optim.Optimizer
    inputs: Any
    targets: Any
    loss: LossFunction | None
    regularization: Callable[[nn.Module], Tensor] | None = None

    def objective(self) -> tuple[Any, Tensor]:
        """One forward: the output, and the loss with its regularisation."""
        output = call(self.network, cloned(self.inputs))
        loss = loss_value(output, self.targets, self.loss)
        if self.regularization is not None:
            loss = loss + self.regularization(self.network)
        return output, loss

    def measure(self) -> tuple[Any, float]:
        """Output and loss as trained, but without dropout and regularisation."""
        self.network.eval()
        norms = batch_norms(self.network) if _is_batch(self.inputs) else []
        for norm in norms:
            norm.training = True
        with torch.no_grad():
            output = call(self.network, cloned(self.inputs))
            value = float(loss_value(output, self.targets, self.loss))
        self.network.train()
        return output, value


def train(setup: Setup, goal: float, steps: int) -> Trial:
    """Train until the loss is at most ``goal``, is no longer finite, or stands still after ``steps`` steps."""
    trial = Trial(goal=goal, rates=learning_rates(setup.optimizer))
    setup.network.train()
    while True:
        trial.output, value = setup.measure()
        trial.first_output = trial.output if not trial.measured else trial.first_output
        trial.measured.append(value)
        trial.reached = value <= goal
        if trial.reached or not math.isfinite(value) or _exhausted(trial, steps):
            return trial
        for _ in range(EVERY):
            try:
                going_on = _step(setup, trial)
            except RuntimeError as error:
                trial.retained = trial.backwards > 0 and SECOND_BACKWARD in str(error)
                if not trial.retained:
                    raise
                return trial
            if not going_on:
                return trial


def _exhausted(trial: Trial, steps: int) -> bool:
    return trial.steps >= steps * PATIENCE or (trial.steps >= steps and not trial.still_falling)


def _step(setup: Setup, trial: Trial) -> bool:
    """One update; ``False`` where the loss carries no gradient."""
    first = trial.steps == 0
    before = {name: p.detach().clone() for name, p in setup.network.named_parameters()} if first else {}

    def closure() -> Tensor:
        setup.optimizer.zero_grad()
        _, loss = setup.objective()
        if loss.requires_grad:
            loss.backward()  # type: ignore[no-untyped-call]
            trial.backwards += 1
        trial.detached = not loss.requires_grad
        return loss

    if isinstance(setup.optimizer, torch.optim.LBFGS):
        setup.optimizer.step(closure)  # type: ignore[no-untyped-call]
    else:
        closure()
        if first:
            trial.gradients = {name: _norm(p.grad) for name, p in setup.network.named_parameters() if p.requires_grad}
        setup.optimizer.step()
    if first:
        trial.changed = {n: not torch.equal(before[n], p.detach()) for n, p in setup.network.named_parameters()}
    trial.steps += 1
    return not trial.detached


def _norm(gradient: Tensor | None) -> float | None:
    return None if gradient is None else float(gradient.detach().float().norm())


def _is_batch(inputs: Any) -> bool:
    size = batch_size(inputs)
    return size is None or size > 1
