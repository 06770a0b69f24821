"""Gradients in the program's own hands: reading ``p.grad``, and updates written out."""

from __future__ import annotations

from trainlint.facts import ir
from trainlint.findings import Place
from trainlint.trace.events import Clip, Frozen, GradientRead, OptimizerStep, ParametersWritten
from trainlint.trace.interpreter.machine import Machine
from trainlint.trace.interpreter.operators import is_gradient
from trainlint.trace.interpreter.wording import describe
from trainlint.trace.scope import Scope
from trainlint.trace.values import Constant, Data, Graph, Library, Value

# Methods that change a tensor in place by what they are given.
UPDATING = frozenset("add_ sub_ addcdiv_ addcmul_ copy_ lerp_".split())
WRITING = UPDATING | frozenset("mul_ div_ set_ swap_".split())
# Adam written out: no average of the weights divides.
ALWAYS_UPDATING = frozenset({"addcdiv_"})
PARAMETER_ROLES = frozenset({"element", "parameters", "parameter_data"})
# The origin of the norm that a clip returns.
CLIPPED = "clipped norm"


def read(m: Machine, of: Value | None, place: Place) -> None:
    """``p.grad`` is looked at."""
    m.emit(GradientRead(place, of))


def thrown_away(m: Machine, value: Value) -> None:
    """A statement's value is not used: where it is the norm that a clip returned, nobody looks at it."""
    if isinstance(value, Data) and value.origin == CLIPPED:
        clip = next((event for event in reversed(m.events) if isinstance(event, Clip)), None)
        if clip is not None:
            clip.used = False


def set_parameters(m: Machine, owner: Library, attribute: str, value: Value | None, place: Place) -> None:
    """``p.requires_grad = False`` and ``p.data = ...`` of a network's parameters."""
    of = owner.arguments.get("of")
    if of is None:
        return
    if attribute == "data":
        m.emit(ParametersWritten(place, of))
    else:
        m.emit(Frozen(place, of, is_off(value)))


def is_off(flag: Value | None) -> bool | None:
    """Whether gradients are turned off by a flag; None where that is not known."""
    return not flag.value if isinstance(flag, Constant) and not flag.optional else None


def by_method_in_place(m: Machine, receiver: Library, name: str, place: Place) -> None:
    """``p.data.mul_(decay)``: values are written into a network's parameters."""
    of = receiver.arguments.get("of")
    while isinstance(of, Library) and of.role in PARAMETER_ROLES:
        of = of.arguments.get("of")
    if of is not None and name in WRITING and receiver.role in PARAMETER_ROLES:
        m.emit(ParametersWritten(place, of))


def updated(m: Machine, place: Place) -> None:
    m.emit(OptimizerStep(place, None, "hand-written"))


def by_method(m: Machine, receiver: Value, name: str, given: list[Value], node: ir.Node, scope: Scope) -> bool:
    """``p.data.add_(p.grad, alpha=-lr)``: whether a method call updates a parameter by its gradient."""
    if name not in UPDATING or (isinstance(receiver, Library) and receiver.role == "parameter_grad"):
        return False
    of_parameter = isinstance(receiver, Library) and receiver.role in PARAMETER_ROLES
    if any(is_gradient(value) for value in given) or (of_parameter and name in ALWAYS_UPDATING):
        updated(m, m.place(node, scope))
        return True
    return False


def by_operator(m: Machine, op: str, before: Value, addend: Value, place: Place) -> None:
    """``w -= lr * w.grad``. A norm that gradients are added up to is no update."""
    if not is_gradient(addend) or op not in "+-":
        return
    attached = isinstance(before, Data) and before.graph is Graph.ATTACHED
    if op == "-" or attached or (isinstance(before, Library) and before.role in PARAMETER_ROLES):
        updated(m, place)


def by_assignment(m: Machine, node: ir.Assign, value: Value, scope: Scope) -> None:
    """``w = w - lr * w.grad`` and ``p.data = p.data - lr * p.grad``."""
    if not is_gradient(value) or not isinstance(node.value, ir.BinaryOp) or node.value.op not in "+-":
        return
    left = describe(node.value.left)
    if any(describe(target) == left for target in node.targets):
        updated(m, m.place(node, scope))
