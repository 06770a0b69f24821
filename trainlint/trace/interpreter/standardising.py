"""Normalisation written out: ``(x - x.mean(0)) / x.std(0)`` fits a scaler on ``x`` and sends ``x`` through it."""

from __future__ import annotations

import re
from dataclasses import dataclass

from trainlint.findings import Place
from trainlint.trace.events import Fitted
from trainlint.trace.interpreter.learning import BY_SAMPLE, fitted_by_hand
from trainlint.trace.interpreter.machine import Machine
from trainlint.trace.merge import sources_of, tokens_of
from trainlint.trace.tokens import DrawnToken, LossToken, MeasureToken, ModelToken, holds
from trainlint.trace.values import Constant, Data, Value

_LOCATIONS = frozenset({"mean", "nanmean", "median", "nanmedian", "min", "amin", "nanmin"})
_HIGHEST = frozenset({"max", "amax", "nanmax"})
_SCALES = frozenset({"std", "nanstd", "ptp"})
STATISTICS = _LOCATIONS | _HIGHEST | _SCALES
# What is computed while training is normalised for other reasons: advantages, activations, scores.
_COMPUTED = (ModelToken, LossToken, MeasureToken, DrawnToken)
_COMPUTED_BY_NAME = re.compile(r"adv|return|reward|value|gae|grad|loss|logit|score|embed|latent", re.IGNORECASE)


@dataclass(frozen=True)
class _Statistic:
    """A statistic of some data (``of``), or that data less a statistic (``how`` is centred). ``value`` keeps the number
    that it is noted for."""

    of: Value
    how: str
    place: Place
    value: Value


def reduced(m: Machine, of: Value, name: str, value: Value, place: Place) -> None:
    """Note ``x.mean(0)``, ``x.std(0)`` of data that is handled as a whole."""
    if isinstance(value, Data) and _is_a_whole(m, of):
        how = "location" if name in _LOCATIONS else "highest" if name in _HIGHEST else "scale"
        _note(m, _Statistic(of, how, place, value))


def subtracted(m: Machine, left: Value, right: Value, result: Data) -> None:
    """Note ``x - mean`` and ``highest - lowest``."""
    location = _noted(m, right)
    if location is None or location.how != "location":
        return
    if _same(location.of, left):
        _note(m, _Statistic(left, "centred", location.place, result))
        return
    highest = _noted(m, left)
    if highest is not None and highest.how == "highest" and _same(highest.of, location.of):
        _note(m, _Statistic(location.of, "scale", location.place, result))


def added(m: Machine, left: Value, right: Value, result: Data) -> None:
    """``std + 1e-8`` is the scale still."""
    for statistic, other in ((_noted(m, left), right), (_noted(m, right), left)):
        if statistic is not None and isinstance(other, Constant):
            _note(m, _Statistic(statistic.of, statistic.how, statistic.place, result))


def divided(m: Machine, left: Value, right: Value, result: Data) -> None:
    """Record ``(x - mean) / std`` as the fit of a scaler."""
    centred, scale = _noted(m, left), _noted(m, right)
    if centred is None or scale is None or centred.how != "centred" or scale.how != "scale":
        return
    if _same(centred.of, scale.of):
        name = centred.of.name or "data"
        m.emit(Fitted(centred.place, centred.of, "statistics", name, centred.of))
        fitted_by_hand(m, centred.of, name, result, centred.place)


def _is_a_whole(m: Machine, value: Value) -> bool:
    """Whether data is handled outside of loops and of what is done to each sample."""
    if m.frames or m.in_forward or not isinstance(value, Data) or any(call.function in BY_SAMPLE for call in m.calls):
        return False
    if value.name is not None and _COMPUTED_BY_NAME.search(value.name):
        return False
    return not any(holds(value.tokens, kind) for kind in _COMPUTED)


def _note(m: Machine, statistic: _Statistic) -> None:
    m.shared["statistic", id(statistic.value)] = statistic


def _noted(m: Machine, value: Value) -> _Statistic | None:
    found = m.shared.get(("statistic", id(value)))
    return found if isinstance(found, _Statistic) else None


def _same(first: Value, second: Value) -> bool:
    """Whether two values are the same data; an attribute is read anew each time."""
    if first is second:
        return True
    mine, theirs = set(sources_of(first)), set(sources_of(second))
    return bool(mine) and mine == theirs and first.name == second.name and tokens_of(first) == tokens_of(second)
