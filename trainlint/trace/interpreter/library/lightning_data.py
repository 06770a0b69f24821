"""The data of a Lightning module or data module: the hooks that make it, and what for."""

from __future__ import annotations

from collections.abc import Iterable

from trainlint.facts import ir
from trainlint.findings import Place
from trainlint.trace.events import Designated
from trainlint.trace.interpreter.attributes import class_attribute
from trainlint.trace.interpreter.machine import Arguments, Machine
from trainlint.trace.scope import Scope
from trainlint.trace.values import Constant, Function, Instance, Value

PURPOSES = {"val_dataloader": "validation", "test_dataloader": "test"}


def has(owner: Value | None, hook: str) -> bool:
    return isinstance(owner, Instance) and isinstance(class_attribute(owner.cls, hook), Function)


def set_up(m: Machine, owners: Iterable[Value | None], node: ir.Node, scope: Scope) -> None:
    """Call what makes the data sets."""
    for owner in owners:
        for name in ("prepare_data", "setup"):
            if owner is not None and has(owner, name):
                given = Arguments([Constant("fit", optional=True)] if name == "setup" else [])
                m.method(m, owner, name, given, node, scope)


def loader(m: Machine, owners: Iterable[Value | None], hook: str, node: ir.Node, scope: Scope) -> Value | None:
    """What the first owner that has the hook makes."""
    for owner in owners:
        if isinstance(owner, Instance) and has(owner, hook):
            made = m.method(m, owner, hook, Arguments(), node, scope)
            if hook in PURPOSES:
                m.emit(Designated(_returned(owner, hook), PURPOSES[hook], made))
            return made
    return None


def hand_over(m: Machine, owner: Value, node: ir.Node, scope: Scope) -> None:
    """Make the held-out data of a module that no training reaches."""
    set_up(m, [owner], node, scope)
    for hook in PURPOSES:
        loader(m, [owner], hook, node, scope)


def _returned(owner: Instance, hook: str) -> Place:
    """Where a hook returns the data, else the hook."""
    function = class_attribute(owner.cls, hook)
    assert isinstance(function, Function)
    body = function.node.body if isinstance(function.node, ir.FunctionDef) else []
    node = body[-1] if body and isinstance(body[-1], ir.Return) else function.node
    return Place(function.closure.path, node.start, node.end)
