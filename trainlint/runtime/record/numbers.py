"""Training monitors, attached to what trains once its first step shows it."""

from __future__ import annotations

import dataclasses
import math
from typing import Any

from torch import Tensor, nn

from ..findings import RuntimeFinding
from ..training_report import Summary
from .recorder import Recorder
from .watched import Watched, merged

MOST = 8
"""Networks that are watched in one run: each keeps curves, and nobody reads more."""

ABSENCE = 200
"""Steps of others after which a network is taken to be trained to its end, and let go of."""


class Numbers:
    """A monitor for each network that is stepped.

    The loss that is back-propagated before a step is the network's own, unless networks take turns, each with a loss of
    its own (a generator and a discriminator). Such losses need not fall: then only whether they are finite is looked at.
    """

    def __init__(self, recorder: Recorder) -> None:
        self._recorder = recorder
        self._watched: list[Watched] = []
        self._retired: list[Watched] = []
        self._current: Watched | None = None
        self._last: Any = None
        self._loss: Tensor | None = None
        self._backward_since_step = False
        self._own_losses = False
        self._returned = False
        self._notes: list[str] = []
        recorder.on_backward.append(self._backward)
        recorder.on_step.append(self._step)

    @property
    def notes(self) -> tuple[str, ...]:
        """What was not watched, and why."""
        turns = ("networks take turns, each with a loss of its own: the course of these losses was not judged",)
        return (*self._notes, *(turns if self._take_turns else ()))

    @property
    def _take_turns(self) -> bool:
        return self._own_losses and self._returned

    def _backward(self, loss: Tensor) -> None:
        self._backward_since_step = True
        self._loss = loss if loss.numel() == 1 else None
        if self._loss is None or self._current is None:
            return
        if not self._take_turns:
            for watched in self._watched if self._returned else [self._current]:
                watched.reported(loss)
        elif loss.device.type == "cpu" and not math.isfinite(loss.item()):
            self._current.reported(loss)

    def _step(self, optimizer: Any, scaler: Any) -> None:
        if optimizer is not self._last:
            self._change(optimizer, scaler)
        self._last, self._backward_since_step = optimizer, False
        if len(self._watched) > 1:
            self._count_absences()

    def _change(self, optimizer: Any, scaler: Any) -> None:
        """Another optimizer steps than before."""
        known = next((watched for watched in self._watched if watched.holds(optimizer)), None)
        if known is None:
            # Of the optimizers after the first, has this one a loss of its own, or do they share the first one's?
            self._own_losses |= self._last is not None and self._backward_since_step
            self._current = self._begin(optimizer, scaler)
            return
        self._current = known
        if not self._returned:
            self._returned = True
            if self._take_turns:
                self._begin_anew()

    def _begin_anew(self) -> None:
        for watched in self._watched:
            watched.renew(watched.optimizers, beside_others=True)

    def _begin(self, optimizer: Any, scaler: Any) -> Watched | None:
        model, whole = self._model(optimizer)
        if model is None:
            self._note("an optimizer steps no network that was seen to be called: its numbers were not watched")
            return None
        there = next((watched for watched in self._watched if watched.model is model), None)
        if there is not None and not _share(there.optimizers, optimizer):
            there.renew((*there.optimizers, optimizer), beside_others=self._take_turns)
            return there
        if there is not None:
            self._retire(there)
        if len(self._watched) + len(self._retired) >= MOST:
            self._note(f"more than {MOST} networks or optimizers: the numbers of the others were not watched")
            return None
        fresh = Watched(model, (optimizer,), scaler, whole=whole)
        fresh.beside_others = self._take_turns
        self._watched.append(fresh)
        if self._loss is not None and not self._take_turns:
            fresh.reported(self._loss)
        return fresh

    def _note(self, text: str) -> None:
        if text not in self._notes:
            self._notes.append(text)

    def _count_absences(self) -> None:
        for watched in list(self._watched):
            watched.unseen = 0 if watched is self._current else watched.unseen + 1
            if watched.unseen >= ABSENCE:
                self._retire(watched)

    def _retire(self, watched: Watched) -> None:
        watched.retire()
        self._watched.remove(watched)
        self._retired.append(watched)

    def _model(self, optimizer: Any) -> tuple[nn.Module | None, bool]:
        """The network that has most of an optimizer's weights, and whether it has them all."""
        held = {id(p): p.numel() for group in optimizer.param_groups for p in group["params"]}
        best, most = None, 0
        for module in self._recorder.models():
            share = sum(held.get(id(parameter), 0) for parameter in module.parameters())
            if share > most:
                best, most = module, share
        return best, most == sum(held.values())

    def close(self) -> None:
        """Take the monitors' hooks off."""
        for watched in self._watched:
            watched.detach()

    def results(self) -> tuple[tuple[RuntimeFinding, ...], Summary]:
        """The findings and curves."""
        watched = [*self._retired, *self._watched]
        if not watched:
            return (), Summary(steps=self._recorder.steps)
        findings, summary = merged(watched)
        if not self._recorder.many_batches:
            # The one batch may be all the data that there is.
            findings = tuple(finding for finding in findings if finding.name != "same-batch-every-step")
        return findings, dataclasses.replace(summary, steps=self._recorder.steps)


def _share(optimizers: tuple[Any, ...], other: Any) -> bool:
    held = {id(p) for optimizer in optimizers for group in optimizer.param_groups for p in group["params"]}
    return any(id(p) in held for group in other.param_groups for p in group["params"])
