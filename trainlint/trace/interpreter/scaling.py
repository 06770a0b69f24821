"""Losses that are divided before their gradients are accumulated."""

from __future__ import annotations

from trainlint.findings import Place
from trainlint.trace.interpreter.machine import Machine
from trainlint.trace.merge import tokens_of, union
from trainlint.trace.values import Constant, Data, Kind, LossToken, ScaledToken, Value

# Where a number comes from that a constant was divided for.
QUOTIENT = "quotient"
METHODS = frozenset({"div", "div_", "divide", "divide_", "true_divide", "true_divide_", "mul", "mul_", "multiply"})


def scaled(m: Machine, op: str, left: Value, right: Value, result: Data, place: Place) -> None:
    """Mark the result of ``loss / n``, ``loss * (1 / n)`` and ``loss * 0.25``."""
    if op == "/":
        is_scaled = _is_loss(left)
        if isinstance(left, Constant) and result.origin is None:
            result.origin = QUOTIENT
    else:
        # A constant in front of a loss is its weight among the terms of a sum.
        is_scaled = (_is_loss(left) and _is_fraction(right)) or (_is_loss(right) and _is_quotient(left))
    if is_scaled:
        _mark(m, result, place)


def by_method(m: Machine, receiver: Data, name: str, place: Place) -> None:
    """Mark ``loss.div_(n)`` and its relatives."""
    if name in METHODS and _is_loss(receiver):
        _mark(m, receiver, place)


def _mark(m: Machine, value: Data, place: Place) -> None:
    key = (ScaledToken, place)
    if key not in m.shared:
        m.shared[key] = ScaledToken(place)
    value.tokens = union(value.tokens, frozenset((m.shared[key],)))


def _is_loss(value: Value) -> bool:
    return any(isinstance(token, LossToken) for token in tokens_of(value))


def _is_fraction(value: Value) -> bool:
    """Whether a factor is one over a whole number, what a constant was divided by something for, or unknown."""
    if isinstance(value, Constant):
        factor = value.value
        if not isinstance(factor, int | float) or not 0 < factor < 1:
            return False
        return bool(abs(1 / factor - round(1 / factor)) < 1e-6)
    return _is_quotient(value) or (isinstance(value, Data) and value.kind is Kind.UNKNOWN and not value.tokens)


def _is_quotient(value: Value) -> bool:
    return isinstance(value, Data) and value.origin == QUOTIENT
