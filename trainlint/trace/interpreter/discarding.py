"""Results of tensor methods that nobody takes: ``x.to(device)`` as a statement."""

from __future__ import annotations

from typing import Any

from trainlint.facts import ir
from trainlint.trace.callables import nodes_in
from trainlint.trace.events import Discarded
from trainlint.trace.interpreter.machine import Machine
from trainlint.trace.interpreter.sources import ELEMENT, is_computed
from trainlint.trace.merge import sources_of
from trainlint.trace.scope import Scope
from trainlint.trace.values import Constant, Data, Kind, Value

# Methods that give a new tensor, and are of no use without it.
OUT_OF_PLACE = frozenset(
    "to cuda cpu float double half bfloat16 long int short bool byte type type_as detach contiguous squeeze unsqueeze"
    " transpose permute view reshape flatten clamp masked_fill".split()
)


def discarded(m: Machine, node: ir.ExprStatement, value: Value, scope: Scope) -> None:
    """Record that the result of a statement, a method of what may be a tensor, is thrown away."""
    call = node.value
    if not isinstance(call, ir.Call) or not isinstance(call.func, ir.Attribute) or call.func.attr not in OUT_OF_PLACE:
        return
    written = call.func.value
    if not _is_read_alone(written) or _is_shown(m, scope):
        return
    receiver = m.evaluate(m, written, scope)
    if not isinstance(receiver, Data) or receiver.promoted is not None:
        return
    if receiver.kind is not Kind.TENSOR:
        if receiver.origin != ELEMENT and not _is_entry(m, written, receiver, scope):
            return
        if isinstance(written, ir.Name) and _is_mapping(m, written.id, scope):
            return
    m.emit(Discarded(m.place(call, scope), value, call.func.attr, receiver))


def _is_read_alone(written: ir.Expr) -> bool:
    """Whether an expression can be evaluated again without doing anything again."""
    if not isinstance(written, ir.Name | ir.Attribute | ir.Subscript):
        return False
    return not any(isinstance(node, ir.Call) for node in nodes_in(written))


def _is_shown(m: Machine, scope: Scope) -> bool:
    """Whether it may be the last expression of a cell."""
    return scope.path.endswith(".ipynb") and not m.frames and not m.calls


def _is_entry(m: Machine, written: ir.Expr, receiver: Data, scope: Scope) -> bool:
    """``batch["image"]``."""
    if not isinstance(written, ir.Subscript) or is_computed(receiver) or not sources_of(receiver):
        return False
    index = m.evaluate(m, written.index, scope)
    return isinstance(index, Constant) and isinstance(index.value, str)


def _is_mapping(m: Machine, name: str, scope: Scope) -> bool:
    """Whether the code around uses a name as a dict: what a tokenizer gives is moved in place."""
    function = m.activations[-1].function if m.activations else None
    module = m.project.modules.get(scope.path)
    body: Any = function.node.body if function is not None else module.body if module is not None else []
    for node in nodes_in(body):
        if isinstance(node, ir.Subscript) and isinstance(node.value, ir.Name) and node.value.id == name:
            if isinstance(node.index, ir.Constant) and isinstance(node.index.value, str):
                return True
        elif (isinstance(node, ir.Argument) and node.star == 2) or (
            isinstance(node, ir.Attribute) and node.attr == "input_ids"
        ):
            if isinstance(node.value, ir.Name) and node.value.id == name:
                return True
    return False
