"""Numeric gradients written out: the difference of two losses of one network, divided by a small step."""

from __future__ import annotations

from trainlint.findings import Place
from trainlint.trace.events import GradientsCompared, NumericGradient
from trainlint.trace.interpreter import precision
from trainlint.trace.interpreter.machine import Arguments, Machine
from trainlint.trace.interpreter.networks import may_hold
from trainlint.trace.interpreter.tensors import token
from trainlint.trace.merge import models_of, tokens_of
from trainlint.trace.tokens import GradientErrorToken, NumericGradientToken, holds, union
from trainlint.trace.values import Constant, Data, Value

DIFFERENCE = "difference"
# Steps of a difference quotient are well below this; a temperature or a scale that divides a difference is above.
LARGEST_STEP = 0.02
# Notes among what is shared that a numeric gradient was computed at all.
SEEN = "numeric gradient"


def is_difference(left: Value, right: Value) -> bool:
    """Whether two results of the same networks are subtracted."""
    mine, theirs = models_of(left), models_of(right)
    return bool(mine) and len(mine) == len(theirs) and all(any(a is b for b in theirs) for a in mine)


def shifted(m: Machine, right: Value) -> None:
    """Note a small constant that something is moved by: ``weight[i] += h``."""
    if isinstance(right, Constant) and isinstance(right.value, float) and 0 < right.value <= LARGEST_STEP:
        m.shifts.add(right.value)


def divided(m: Machine, left: Value, right: Value, result: Data, place: Place) -> None:
    """Record ``(loss_plus - loss_minus) / (2 * h)``, and an error that is divided by the gradients' size."""
    if SEEN in m.shared and not isinstance(right, Constant):
        _seen_relative(m, left)
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
    result.tokens = union(result.tokens, token(m, NumericGradientToken, place))
    m.shared[SEEN] = True


def subtracted(m: Machine, left: Value, right: Value, result: Data, place: Place) -> None:
    """Record ``numeric - analytic``."""
    if SEEN not in m.shared or isinstance(left, Constant) or isinstance(right, Constant):
        return
    mine, theirs = tokens_of(left), tokens_of(right)
    if holds(mine | theirs, GradientErrorToken) or holds(mine, NumericGradientToken) == holds(
        theirs, NumericGradientToken
    ):
        return
    m.emit(GradientsCompared(place, False))
    result.tokens = union(result.tokens, token(m, GradientErrorToken, place))


def compared(m: Machine, values: list[Value]) -> None:
    """Note an error that is compared with a share of a gradient: ``error < tolerance * numeric.abs()``."""
    if SEEN in m.shared and sum(holds(tokens_of(value), NumericGradientToken) for value in values) > 1:
        for value in values:
            _seen_relative(m, value)


def closeness(m: Machine, given: Arguments, place: Place) -> None:
    """Record ``allclose(numeric, analytic)``, which is relative unless ``rtol`` is 0."""
    if SEEN in m.shared and any(holds(tokens_of(value), NumericGradientToken) for value in given.positional[:2]):
        tolerance = given.get(2, "rtol")
        m.emit(GradientsCompared(place, not (isinstance(tolerance, Constant) and tolerance.value == 0)))


def _seen_relative(m: Machine, error: Value) -> None:
    for found in tokens_of(error):
        if isinstance(found, GradientErrorToken):
            m.emit(GradientsCompared(found.place, True))
