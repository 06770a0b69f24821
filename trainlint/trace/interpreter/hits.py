"""Hits: numbers that are constants by themselves, and measurements by the condition under which they are counted or returned."""

from __future__ import annotations

from trainlint.trace.events import Guard
from trainlint.trace.interpreter.machine import Machine
from trainlint.trace.tokens import MeasureToken, Tokens, holds, union
from trainlint.trace.values import Constant, Data, Kind, Value


def counted(m: Machine) -> Tokens:
    """What is counted where a condition compares predictions with targets: ``if predicted == label: correct += 1``."""
    return union(*(guard.tokens for guard in _in_force(m) if _compares_targets(guard)))


def returned(m: Machine, value: Value) -> Value:
    """What a function returns: ``return 1`` under a condition on what was measured (a hit, an improvement) is a measurement."""
    if not isinstance(value, Constant) or not isinstance(value.value, int | float):
        return value
    tokens = union(*(guard.tokens for guard in _in_force(m)))
    return Data(Kind.NUMBER, tokens) if holds(tokens, MeasureToken) else value


def _in_force(m: Machine) -> list[Guard]:
    """The conditions of the function that is walked."""
    depth = len(m.calls)
    return [guard for guard in m.guards if guard.tokens and guard.calls == depth]


def _compares_targets(guard: Guard) -> bool:
    """Whether the comparison stands in the condition itself, rather than where the number in it comes from."""
    at = guard.place
    return any(
        isinstance(token, MeasureToken) and token.place.path == at.path and at.start <= token.place.start < at.end
        for token in guard.tokens
    )
