"""``module.forward(x)``, written out."""

from __future__ import annotations

from trainlint.facts import ir
from trainlint.findings import Place
from trainlint.trace.events import ForwardNamed
from trainlint.trace.interpreter.machine import Machine
from trainlint.trace.interpreter.wording import describe
from trainlint.trace.scope import Scope
from trainlint.trace.values import Value


def note_forward(m: Machine, func: ir.Attribute, receiver: Value, scope: Scope) -> None:
    """Record the call; the rule decides whether the receiver is a module."""
    function = m.activation.function
    definition = None
    if function is not None:
        definition = Place(function.closure.path, function.node.start, function.node.end)
    m.emit(ForwardNamed(m.place(func, scope), receiver, describe(func.value), definition))
