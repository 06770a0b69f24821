"""Numeric gradients written out: the difference of two losses of one network, divided by a small step."""

from __future__ import annotations

from trainlint.findings import Place
from trainlint.trace.events import NumericGradient
from trainlint.trace.interpreter import precision
from trainlint.trace.interpreter.machine import Machine
from trainlint.trace.interpreter.networks import may_hold
from trainlint.trace.merge import models_of
from trainlint.trace.values import Constant, Data, Value

DIFFERENCE = "difference"
# Steps of a difference quotient are well below this; a temperature or a scale that divides a difference is above.
LARGEST_STEP = 0.02


def is_difference(left: Value, right: Value) -> bool:
    """Whether two results of the same networks are subtracted."""
    mine, theirs = models_of(left), models_of(right)
    return bool(mine) and len(mine) == len(theirs) and all(any(a is b for b in theirs) for a in mine)


def shifted(m: Machine, right: Value) -> None:
    """Note a small constant that something is moved by: ``weight[i] += h``."""
    if isinstance(right, Constant) and isinstance(right.value, float) and 0 < right.value <= LARGEST_STEP:
        m.shifts.add(right.value)


def divided(m: Machine, left: Value, right: Value, place: Place) -> None:
    """Record ``(loss_plus - loss_minus) / (2 * h)``."""
    if not isinstance(left, Data) or left.origin != DIFFERENCE or not isinstance(right, Constant):
        return
    step = right.value
    if not isinstance(step, int | float) or isinstance(step, bool) or not 0 < step <= LARGEST_STEP:
        return
    networks = models_of(left)
    dropping = [may_hold(network, "dropout") for network in networks if m.mode_of(network) == "train"]
    precisions = {precision.of_network(m, network) for network in networks} - {None}
    double = None if not precisions else precisions == {precision.DOUBLE}
    m.emit(NumericGradient(place, left, float(step), True in dropping, double, frozenset(m.shifts)))
