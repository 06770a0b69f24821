"""One network of a run and the optimizers that step it, under a monitor."""

from __future__ import annotations

import dataclasses
from typing import Any

from torch import Tensor, nn

from ..findings import RuntimeFinding, ranked
from ..monitor.training import TrainingMonitor
from ..training_report import Summary

LEAST_STEPS = 20
"""Steps that a monitor must have seen before what it says of a part of the run counts."""

_ORDER = frozenset(("TL501", "TL502", "TL503", "TL515"))
"""What is told from the order of one network's gradients. Where one network's loss is computed through another one,
gradients come and go between its own steps: there the rules read it from the trace alone."""

_MEMBERSHIP = frozenset(("TL513", "TL527"))


class Watched:
    """A monitor of ``model``; ``whole`` tells whether the optimizers step nothing else."""

    def __init__(self, model: nn.Module, optimizers: tuple[Any, ...], scaler: Any = None, *, whole: bool) -> None:
        self.optimizers = optimizers
        self.name = type(model).__name__
        self.beside_others = False
        self.unseen = 0
        self._scaler, self._whole = scaler, whole
        self._earlier: list[RuntimeFinding] = []
        self._summary: Summary | None = None
        self._monitor: TrainingMonitor | None = TrainingMonitor(model, optimizers, scaler=scaler).attach()

    @property
    def model(self) -> nn.Module | None:
        """The network, until it is let go of."""
        return None if self._monitor is None else self._monitor.model

    def holds(self, optimizer: Any) -> bool:
        """Whether this is one of the optimizers."""
        return any(optimizer is known for known in self.optimizers)

    def reported(self, loss: Tensor) -> None:
        """Take in a loss that is back-propagated."""
        if self._monitor is not None and self._monitor.attached:
            self._monitor.step(loss)

    def renew(self, optimizers: tuple[Any, ...], *, beside_others: bool) -> None:
        """Begin anew, with other optimizers or where losses turned out to be not the network's own."""
        monitor = self._monitor
        if monitor is None:
            return
        if monitor.steps_made >= LEAST_STEPS:
            self._earlier += self._trusted(monitor)
        monitor.detach()
        self.optimizers, self.beside_others = optimizers, beside_others
        self._monitor = TrainingMonitor(monitor.model, optimizers, scaler=self._scaler).attach()

    def retire(self) -> None:
        """Judge now, and let go of the network."""
        self._earlier, self._summary = self.findings(), self.summary()
        self.detach()
        self._monitor, self._scaler, self.optimizers = None, None, ()

    def detach(self) -> None:
        """Take the monitor's hooks off."""
        if self._monitor is not None:
            self._monitor.detach()

    def findings(self) -> list[RuntimeFinding]:
        """What was found, each thing once."""
        present = [] if self._monitor is None else self._trusted(self._monitor)
        return list({(finding.name, finding.where): finding for finding in [*self._earlier, *present]}.values())

    def _trusted(self, monitor: TrainingMonitor) -> list[RuntimeFinding]:
        unsure = (_ORDER if self.beside_others else frozenset()) | (frozenset() if self._whole else _MEMBERSHIP)
        return [finding for finding in monitor.findings() if finding.code not in unsure]

    def summary(self) -> Summary:
        """The curves."""
        if self._summary is None:
            return Summary() if self._monitor is None else self._monitor.report().summary
        return self._summary


def merged(watched: list[Watched]) -> tuple[tuple[RuntimeFinding, ...], Summary]:
    """Findings and curves of several networks, each named by its class, with a number where classes are alike."""
    if len(watched) == 1:
        return tuple(watched[0].findings()), watched[0].summary()
    findings: list[RuntimeFinding] = []
    summaries: list[tuple[str, Summary]] = []
    for number, one in enumerate(watched, 1):
        alike = sum(other.name == one.name for other in watched) > 1
        name = f"{one.name} {number}" if alike else one.name
        summaries.append((name, one.summary()))
        findings += [
            dataclasses.replace(finding, message=f"{name}: {finding.message}", where=_within(name, finding.where))
            for finding in one.findings()
        ]
    return ranked(findings), _joined(summaries)


def _within(name: str, where: str | None) -> str:
    return f"{name}: {where}" if where else name


def _joined(summaries: list[tuple[str, Summary]]) -> Summary:
    longest = max((summary for _, summary in summaries), key=lambda summary: summary.steps)
    return dataclasses.replace(
        longest,
        model=", ".join(name for name, _ in summaries),
        parameters=sum(summary.parameters for _, summary in summaries),
        updates={f"{name}: {key}": points for name, one in summaries for key, points in one.updates.items()},
        units={f"{name}: {key}": points for name, one in summaries for key, points in one.units.items()},
        filters=next((summary.filters for _, summary in summaries if summary.filters), []),
        notes=tuple(dict.fromkeys(note for _, summary in summaries for note in summary.notes)),
    )
