"""The order of backward, zero_grad and step, told from one parameter's gradient: who touched it, and when."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import torch
from torch import Tensor, nn

from trainlint.findings import Level

from ..findings import RuntimeFinding
from .hooks import Guard, Handles, Hook
from .readout import Readout
from .series import median

MINIMUM = 3
"""Steps that must show the same before it is said."""

MICRO_BATCHES = 3
"""Backward passes a step that are taken for accumulation. Two losses with a backward each (real and generated
samples) are common and mean no accumulation."""

SILENT_CALLS = 100
"""Losses reported without any optimizer step before the step counts as missing."""


class StepMonitor:
    """Follows one small parameter, the probe, through backward and step.

    A tensor's version counter moves with every change in place, so a gradient that has the same version before a
    backward as after the last step was not zeroed between them: that is known, not guessed.
    """

    def __init__(self, parameters: dict[str, nn.Parameter], on_backward: Callable[[], None], guard: Guard) -> None:
        self._parameters = parameters
        self._guard = guard
        self._on_backward = on_backward
        self._handles, self._arming = Handles(), Handles()
        self._readout: Readout | None = None
        self.probe: nn.Parameter | None = None
        self._mark: tuple[Tensor, int] | None = None
        self._weight_version = 0
        self._since_step = 0
        self._since_zero = 0
        self._old: Tensor | None = None
        self._forwards = 0
        self._rezeroed = 0
        self._arrived: list[Tensor] = []
        self.steps = 0
        self.measured = 0
        self.carried = 0
        self.carried_step: int | None = None
        self.discarded = 0
        self.micro_discarded = 0
        self.empty = 0
        self.backwards = 0
        self.calls_since_step = 0
        self.foreign_updates = 0
        self.loss_factors: list[float] = []
        self.per_step: list[float] = []

    def attach(self) -> None:
        """Choose the probe and watch it."""
        candidates = list(self._parameters.values())
        if candidates:
            # The last layers get a gradient in any network; among them the smallest costs least.
            self._watch(min(candidates[-4:], key=lambda parameter: parameter.numel()))

    def detach(self) -> None:
        """Remove all hooks and references to gradients."""
        self._handles.remove()
        self._arming.remove()
        self._mark = None
        self._arrived.clear()
        self._old = None

    def _watch(self, probe: nn.Parameter) -> None:
        self._handles.remove()
        self._arming.remove()
        self.probe = probe
        self._handles.after_accumulation(probe, Hook(self._after_accumulation, self._guard))
        self._mark, self._weight_version = None, probe._version

    def arm(self, readout: Readout | None) -> None:
        """Measure values, too, until the next step, with ``readout``; ``None`` stops that."""
        self._readout = readout
        self._arming.remove()
        if readout is not None and self.probe is not None:
            self._arming.before_accumulation(self.probe, Hook(self._before_accumulation, self._guard))

    def forward(self) -> None:
        """Note a forward that tracks gradients."""
        self._forwards += 1

    def _before_accumulation(self, gradient: Tensor) -> None:
        probe = self.probe
        if probe is None:
            return
        old = probe.grad
        if self._since_step == 0 and old is not None and self._mark is not None and _same(old, self._mark):
            # A gradient that is zero anyway carries nothing on; .data.zero_() moves no version counter.
            self._old = old.detach().abs().amax()
        elif self._since_step > 0 and old is None and probe._version == self._weight_version:
            self._rezeroed += 1
        self._arrived.append(torch.linalg.vector_norm(gradient.detach()))

    def _after_accumulation(self, probe: Tensor) -> None:
        gradient = probe.grad
        mark = self._mark
        if mark is None or gradient is not mark[0] or gradient._version != mark[1] + 1:
            # What came before was zeroed: another loss's backward may have passed through (adversarial training).
            self._since_zero = 0
            if self._since_step:
                self._old = None
        self._since_step += 1
        self._since_zero += 1
        self.backwards += 1
        self._mark = None if gradient is None else (gradient, gradient._version)
        self._on_backward()

    def _accept_carried(self, values: list[float]) -> None:
        self.carried += values[0] > 0
        self.carried_step = self.steps if self.carried_step is None else self.carried_step

    def before_step(self, step: int) -> Tensor | None:
        """Look at the probe before the optimizer's step. When armed, returns the probe's gradient norm over the norm
        that a single backward brought: the factor of clipping and scaling; ``None`` where that is not known."""
        probe = self.probe
        gradient = None if probe is None else probe.grad
        if gradient is None and all(parameter.grad is None for parameter in self._parameters.values()):
            if self._since_step:
                self.discarded += 1
            else:
                self.empty += 1
        elif gradient is None and self._since_step == 0 and self.steps < MINIMUM:
            self._choose_again()
        if self._readout is None or probe is None:
            return None
        self.measured += 1
        self.per_step.append(self._since_zero)
        if self._old is not None:
            self._readout.add(self._old, self._accept_carried)
        if self._since_step > 1 and self._rezeroed == self._since_step - 1 and self._forwards == self._since_step:
            self.micro_discarded += 1
        if gradient is None or gradient.is_sparse or not self._arrived:
            return None
        norm = torch.linalg.vector_norm(gradient.detach())
        if self._since_step:
            self._readout.add(torch.stack([norm, self._arrived[-1]]), self._accept_zeroed)
        return norm / self._arrived[-1] if self._since_zero == 1 else None

    def _choose_again(self) -> None:
        with_gradient = [parameter for parameter in self._parameters.values() if parameter.grad is not None]
        if with_gradient:
            self._watch(min(with_gradient[-4:], key=lambda parameter: parameter.numel()))

    def _accept_zeroed(self, values: list[float]) -> None:
        left, arrived = values
        self.discarded += left == 0.0 and arrived > 0.0

    def after_step(self) -> None:
        """Look at the probe after the optimizer's step."""
        self.steps += 1
        self._since_step = self._since_zero = self._forwards = self._rezeroed = self.calls_since_step = 0
        self._old = None
        self._arrived.clear()
        if self.probe is not None:
            self._remember(self.probe)
            self._weight_version = self.probe._version

    def _remember(self, probe: Tensor) -> None:
        gradient = probe.grad
        self._mark = None if gradient is None else (gradient, gradient._version)

    def called(self) -> None:
        """Note one report of a loss: steps of an optimizer that is not watched show as changed weights."""
        self.calls_since_step += 1
        if self.probe is not None and self.calls_since_step > 1 and self.probe._version != self._weight_version:
            self.foreign_updates += 1
            self._weight_version = self.probe._version

    def findings(self) -> Iterator[RuntimeFinding]:
        """What is wrong with the order of the training step."""
        yield from self._zeroing()
        if self.empty >= MINIMUM:
            yield RuntimeFinding(
                "incomplete-step",
                Level.ERROR,
                f"{self.empty} optimizer steps had no gradient at all, and no backward came before them",
                "call loss.backward() before optimizer.step(), on a loss that depends on these parameters",
                code="TL503",
                evidence={"steps": self.steps},
            )
        if self.foreign_updates >= MINIMUM and self.calls_since_step >= MINIMUM:
            yield RuntimeFinding(
                "optimizer-recreated",
                Level.ERROR,
                f"the weights change, but not by the optimizer that is watched: {self.foreign_updates} updates",
                "make the optimizer once, before the loop; a new one forgets momentum and its averages",
                code="TL713",
                evidence={"updates by others": self.foreign_updates, "own steps": self.steps},
            )
        elif self.calls_since_step >= SILENT_CALLS and self.backwards:
            yield RuntimeFinding(
                "incomplete-step",
                Level.ERROR,
                f"{self.calls_since_step} losses were reported without a step of the optimizer",
                "call optimizer.step() after loss.backward()",
                code="TL503",
                evidence={"backward passes": self.backwards, "steps": self.steps},
            )
        yield from self._accumulation()

    def _zeroing(self) -> Iterator[RuntimeFinding]:
        if self.carried >= MINIMUM and self.carried >= 0.9 * (self.measured - 1):
            yield RuntimeFinding(
                "missing-zero-grad",
                Level.ERROR,
                "gradients are never zeroed: each step adds to the gradients of all steps before",
                "call optimizer.zero_grad() once a step, before loss.backward()",
                code="TL501",
                step=self.carried_step,
                evidence={"steps with old gradients": self.carried, "of": self.measured},
            )
        if self.discarded >= MINIMUM or self.micro_discarded >= MINIMUM:
            micro = self.discarded < MINIMUM
            what = "between the micro-batches of one step" if micro else "between backward() and step()"
            yield RuntimeFinding(
                "gradients-discarded",
                Level.ERROR,
                f"gradients are zeroed {what}",
                "call optimizer.zero_grad() after the step, or before the first backward of the next",
                code="TL502",
                evidence={"steps": self.micro_discarded if micro else self.discarded},
            )

    def _accumulation(self) -> Iterator[RuntimeFinding]:
        count = median(self.per_step[-20:], 1.0)
        factor = median(self.loss_factors[-20:])
        if count >= MICRO_BATCHES and len(self.loss_factors) >= MINIMUM and abs(factor - 1.0) < 1e-3:
            yield RuntimeFinding(
                "accumulation-unscaled",
                Level.WARNING,
                f"gradients of {count:.0f} batches are added up, not averaged: steps are {count:.0f} times as long",
                f"divide the loss by {count:.0f} before backward()",
                code="TL515",
                evidence={"batches a step": count, "factor of each loss": factor},
            )


def _same(gradient: Tensor, mark: tuple[Tensor, int]) -> bool:
    return gradient is mark[0] and gradient._version == mark[1]
