"""Rectified units that never fire and activations that sit at the ends of their range."""

from __future__ import annotations

import collections
from collections.abc import Iterator
from dataclasses import dataclass, field

import torch
from torch import Tensor

from trainlint.findings import Level

from ..findings import RuntimeFinding
from .gradients import listed
from .readout import Readout
from .series import Series, median
from .watch import RECTIFIER, SIGMOID, SOFTMAX, TANH

DEAD = 0.8
"""Share of a layer's units that never fire in the window before a warning. Large rates kill 40 % of the units of
networks that still train (Karpathy, CS231n, "Neural networks 1"), sound variational encoders and narrow layers more."""

MANY_DEAD = 0.5
"""The same for advice."""

SATURATED = 0.75
"""Share of a layer's outputs in the flat ends before it is said; trained networks keep most in between, or lose their
gradient (Glorot and Bengio 2010)."""

FLAT_TANH = 0.97
"""|tanh| above which its slope is below 0.06."""

FLAT_SIGMOID = 0.47
"""Distance from a half above which the sigmoid's slope is below 0.03."""

FLAT_SOFTMAX = 0.99
"""Largest probability of a row above which the softmax passes next to no gradient."""

WINDOW = 10
"""Measured batches in which a unit must have fired at least once to be alive."""

MINIMUM = 5
"""Measured batches before a verdict."""

SITES = 128
"""Places in a network that are watched."""

RECURRENT = 4
"""Calls from one module in one forward beyond which it is a recurrence, whose gates may saturate."""


@dataclass
class Site:
    """One place where an activation function is applied; ``base`` is its name without the number of the call."""

    kind: str
    base: str
    alive: collections.deque[Tensor] = field(default_factory=lambda: collections.deque(maxlen=WINDOW))
    curve: Series = field(default_factory=lambda: Series(capacity=256))
    storage: int = 0

    @property
    def begins_bad(self) -> bool:
        """Whether it was dead or saturated from the first measurements on: a cause, not an effect of training."""
        limit = DEAD if self.kind == RECTIFIER else SATURATED
        return median(self.curve.values[:3], 0.0) >= limit

    @property
    def share(self) -> float:
        """Share of dead units in the window, or typical share of saturated outputs."""
        values = self.curve.values
        if self.kind == RECTIFIER:
            return values[-1] if values else 0.0
        return median(values[-WINDOW:], 0.0)


class ActivationMonitor:
    """Watches activation functions by place: dead units over a window of batches, and saturated outputs.

    ``observe`` takes one activation's output, shape (batch, units, ...) or (batch, ..., units); ``finish`` the
    network's own output, whose activation may saturate: a sure prediction does.
    """

    def __init__(self) -> None:
        self.sites: dict[str, Site] = {}
        self._calls: dict[str, int] = {}
        self._outputs: set[str] = set()
        self._latest: list[tuple[str, Tensor]] = []

    @torch.no_grad()
    def observe(self, where: str, number: int, kind: str, output: Tensor, units_last: bool) -> None:
        """Take in the output of the ``number``th activation of this kind, from 1, in the module ``where``."""
        base = f"{where} ({kind})" if where else kind
        name = base if number == 1 else f"{base}, call {number}"
        self._calls[base] = max(self._calls.get(base, 0), number)
        if output.numel() == 0 or (name not in self.sites and len(self.sites) >= SITES):
            return
        site = self.sites.setdefault(name, Site(kind, base))
        site.storage = output.untyped_storage().data_ptr()
        if kind == RECTIFIER:
            site.alive.append(_fired(output, units_last))
        else:
            self._latest.append((name, _flat_share(kind, output)))

    def finish(self, step: int, outputs: list[Tensor], readout: Readout) -> None:
        """Queue what this forward showed; ``outputs`` are the network's own."""
        own = {output.untyped_storage().data_ptr() for output in outputs}
        for name, site in self.sites.items():
            if site.storage in own:
                self._outputs.add(name)
            if site.kind == RECTIFIER and site.alive:
                dead = 1.0 - _ever_fired(site.alive).float().mean()
                readout.add(dead, lambda row, site=site: site.curve.append(step, row[0]))  # type: ignore[misc]
        for name, share in self._latest:
            site = self.sites[name]
            readout.add(share, lambda row, site=site: site.curve.append(step, row[0]))  # type: ignore[misc]
        self._latest.clear()

    def judged(self) -> dict[str, Site]:
        """The places that a verdict may be passed on: inner ones, measured often enough, in no recurrence."""
        return {
            name: site
            for name, site in self.sites.items()
            if name not in self._outputs and len(site.curve) >= MINIMUM and self._calls[site.base] <= RECURRENT
        }

    def findings(self) -> Iterator[RuntimeFinding]:
        """Layers that are dead or saturated."""
        judged = self.judged()
        dead = {name: site for name, site in judged.items() if site.kind == RECTIFIER and site.share >= MANY_DEAD}
        if dead:
            yield _dead(dead)
        flat = {name: site for name, site in judged.items() if site.kind != RECTIFIER and site.share >= SATURATED}
        if flat:
            yield _saturated(flat)

    def begin_bad(self) -> set[str]:
        """The names of findings whose places were bad from the first measurements on."""
        bad = [site for site in self.judged().values() if site.begins_bad]
        return {"dead-units" if site.kind == RECTIFIER else "saturated-activation" for site in bad}


def _dead(sites: dict[str, Site]) -> RuntimeFinding:
    worst = max(sites, key=lambda name: sites[name].share)
    share = sites[worst].share
    return RuntimeFinding(
        "dead-units",
        Level.ERROR if share == 1.0 else Level.WARNING if share >= DEAD else Level.ADVICE,
        f"{share:.0%} of the units of {worst} never fired in the last {WINDOW} measured batches" + _also(sites, worst),
        "lower the learning rate, initialise biases at zero, or use leaky rectifiers",
        code="TL805",
        step=sites[worst].curve.steps[-1],
        where=worst,
        symptom=not any(site.begins_bad for site in sites.values()),
        evidence={"dead": {name: site.share for name, site in sites.items()}},
    )


def _saturated(sites: dict[str, Site]) -> RuntimeFinding:
    worst = max(sites, key=lambda name: sites[name].share)
    return RuntimeFinding(
        "saturated-activation",
        Level.WARNING,
        f"{sites[worst].share:.0%} of the outputs of {worst} lie at the ends of its range" + _also(sites, worst),
        "smaller initial weights, scaled inputs, normalisation layers, or rectified units",
        code="TL805",
        step=sites[worst].curve.steps[-1],
        where=worst,
        symptom=not any(site.begins_bad for site in sites.values()),
        evidence={"saturated": {name: site.share for name, site in sites.items()}},
    )


def _also(sites: dict[str, Site], worst: str) -> str:
    others = [name for name in sites if name != worst]
    return f"; also {listed(others)}" if others else ""


def _fired(output: Tensor, units_last: bool) -> Tensor:
    """Per unit, whether any sample made it fire, shape (units,)."""
    if output.dim() < 2:
        return (output > 0).reshape(-1)
    axis = output.dim() - 1 if units_last and output.dim() != 4 else 1
    others = [index for index in range(output.dim()) if index != axis]
    return output.amax(others) > 0


def _ever_fired(window: collections.deque[Tensor]) -> Tensor:
    newest = window[-1]
    same = [mask for mask in window if mask.shape == newest.shape]
    return torch.stack(same).any(0)


def _flat_share(kind: str, output: Tensor) -> Tensor:
    if kind == TANH:
        return (output.abs() > FLAT_TANH).float().mean()
    if kind == SIGMOID:
        return ((output - 0.5).abs() > FLAT_SIGMOID).float().mean()
    if kind == SOFTMAX:
        return (output.amax(-1) > FLAT_SOFTMAX).float().mean()
    raise ValueError(f"unknown kind of activation {kind!r}")
