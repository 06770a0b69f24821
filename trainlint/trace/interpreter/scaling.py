"""Losses that are divided before their gradients are accumulated."""

from __future__ import annotations

from trainlint.findings import Place
from trainlint.trace.interpreter.machine import Machine
from trainlint.trace.interpreter.tensors import token
from trainlint.trace.merge import tokens_of
from trainlint.trace.tokens import LossToken, ScaledToken, holds, union
from trainlint.trace.values import Choice, Constant, Data, Kind, Value

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
    if op == "/" and _may_count_batches(right):
        m.shared["quotient", id(result)] = place
        m.kept.append(result)
    if is_scaled:
        result.tokens = union(result.tokens, token(m, ScaledToken, place))


def gone_back(m: Machine, loss: Data) -> None:
    """Mark what is back-propagated as it was divided: then it was a loss, though no criterion made it."""
    place = m.shared.get(("quotient", id(loss)))
    if place is not None:
        loss.tokens = union(loss.tokens, token(m, ScaledToken, place))


def _may_count_batches(value: Value) -> bool:
    """Whether a divisor is a number of the program's own: not the size of what was summed."""
    if isinstance(value, Choice):
        return any(map(_may_count_batches, value.options))
    if isinstance(value, Constant):
        return isinstance(value.value, int) and (value.value > 1 or value.optional)
    return isinstance(value, Data) and value.kind is Kind.UNKNOWN and not value.tokens and value.origin is None


def by_method(m: Machine, receiver: Data, name: str, place: Place) -> None:
    """Mark ``loss.div_(n)`` and its relatives."""
    if name in METHODS and _is_loss(receiver):
        receiver.tokens = union(receiver.tokens, token(m, ScaledToken, place))


def _is_loss(value: Value) -> bool:
    return holds(tokens_of(value), LossToken)


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
