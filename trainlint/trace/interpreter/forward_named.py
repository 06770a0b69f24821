"""``module.forward(x)``, written out."""

from __future__ import annotations

from trainlint.facts import ir
from trainlint.findings import Place
from trainlint.trace.events import ForwardNamed
from trainlint.trace.interpreter.machine import Machine
from trainlint.trace.interpreter.networks import is_network
from trainlint.trace.scope import Scope
from trainlint.trace.values import Value


def note_forward(m: Machine, func: ir.Attribute, receiver: Value, scope: Scope) -> None:
    """Record the call, and whether it is another module's."""
    function = m.activation.function
    definition = None
    if function is not None:
        definition = Place(function.closure.path, function.node.start, function.node.end)
    m.emit(ForwardNamed(m.place(func, scope), receiver, m.words(func.value), definition, _is_other_module(m, receiver)))


def _is_other_module(m: Machine, receiver: Value) -> bool:
    function = m.activation.function
    own = None
    if function is not None and function.owner is not None and function.node.params:
        own = m.activation.scope.find(function.node.params[0].name)
    return receiver is not own and is_network(receiver)
