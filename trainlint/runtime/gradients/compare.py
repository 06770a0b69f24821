"""The comparison at the given point, and beside it where the point is a kink."""

from __future__ import annotations

import math
from dataclasses import dataclass, field, replace

import torch
from torch import Tensor

from .kinks import kink_module
from .numeric import Comparison, Outcome, Sweep, rounding_noise
from .probes import Probe, direction_probes, entry_probes
from .problem import Problem, nudged

# How far the point is moved to get off a kink, relative to each tensor's own scale.
NUDGE = 1e-3


@dataclass
class Comparisons:
    """All comparisons of one check, and what is needed to talk about them."""

    entries: list[Comparison]
    loss: float
    noise: float
    norm: float
    missing: list[str]
    functions: list[str]
    kinks: dict[str, str] = field(default_factory=dict)  # entry -> module

    def with_outcome(self, outcome: Outcome) -> list[Comparison]:
        """The comparisons that came out so."""
        return [entry for entry in self.entries if entry.outcome is outcome]


def compare(
    problem: Problem, step: float, tolerance: float, tiny: float, samples: int, directions: int, seed: int
) -> Comparisons:
    """Compare sampled entries and directions; entries at a kink are compared again a little beside it.

    Raises ``DetachedError`` where the loss has no gradient at all.
    """
    loss, gradients = problem.gradients()
    noise = rounding_noise(problem, loss, gradients)
    generator = torch.Generator().manual_seed(seed)
    probes = entry_probes(problem.leaves, gradients, samples, step, generator)
    probes += direction_probes(problem.leaves, gradients, directions, step, loss, generator)
    entries = Sweep(problem, loss, noise, tolerance, tiny, seed).run(probes)
    result = Comparisons(
        entries,
        loss,
        noise,
        _norm(gradients),
        [leaf.name for leaf, gradient in zip(problem.leaves, gradients, strict=True) if gradient is None],
        problem.functions,
    )
    if result.with_outcome(Outcome.KINK) or result.with_outcome(Outcome.DIFFERS):
        _look_beside(problem, result, step, tolerance, tiny, seed)
    return result


def _look_beside(problem: Problem, result: Comparisons, step: float, tolerance: float, tiny: float, seed: int) -> None:
    """At a kink the analytic gradient is one of many and proves nothing. Right beside it there is only one: compare
    there what did not agree here. Wrong is what is wrong there too."""
    kinks = result.with_outcome(Outcome.KINK)
    for kink in kinks[:3]:
        result.kinks[kink.probe.where] = kink_module(problem, kink)
    hidden = {kink.probe.leaf for kink in kinks}
    again = [kink.probe for kink in kinks] + [entry.probe for entry in result.with_outcome(Outcome.DIFFERS)]
    again += [entry.probe for entry in result.with_outcome(Outcome.UNEXAMINED) if entry.probe.leaf in hidden]
    with nudged(problem.leaves, NUDGE, seed):
        loss, gradients = problem.gradients()
        noise = rounding_noise(problem, loss, gradients)
        sweep = Sweep(problem, loss, noise, tolerance, tiny, seed)
        beside = {_key(entry.probe): entry for entry in sweep.run([_predicted(probe, gradients) for probe in again])}
    result.entries = [_settled(entry, beside.get(_key(entry.probe))) for entry in result.entries]


def _settled(entry: Comparison, beside: Comparison | None) -> Comparison:
    if beside is None or beside.outcome is Outcome.UNEXAMINED:
        return entry
    return beside if beside.outcome is Outcome.DIFFERS else replace(entry, outcome=Outcome.KINK)


def _key(probe: Probe) -> tuple[str, int]:
    return probe.where, len(probe.shifts)


def _predicted(probe: Probe, gradients: list[Tensor | None]) -> Probe:
    """``probe`` with the change that the gradients at another point predict."""
    predicted = 0.0
    for shift in probe.shifts:
        gradient = gradients[shift.leaf]
        if gradient is None:
            continue
        if shift.index is not None and isinstance(shift.delta, float):
            predicted += float(gradient[shift.index]) * shift.delta
        else:
            predicted += float((gradient * shift.delta).sum())
    return Probe(probe.shifts, predicted, probe.where, probe.leaf)


def _norm(gradients: list[Tensor | None]) -> float:
    return math.sqrt(sum(float(gradient.pow(2).sum()) for gradient in gradients if gradient is not None))
