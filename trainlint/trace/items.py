"""What a data set's own ``__getitem__`` does for the part that it is: `if self.mode == "train": image = self.transform(image)`."""

from __future__ import annotations

from trainlint.facts import ir
from trainlint.trace.callables import nodes_in
from trainlint.trace.values import Constant, Function, Instance


def item_method(dataset: Instance) -> Function | None:
    """The project's own ``__getitem__`` of a data set."""
    found = next(
        (cls.attributes["__getitem__"] for cls in dataset.cls.lineage() if "__getitem__" in cls.attributes), None
    )
    return found if isinstance(found, Function) else None


def left_out(dataset: Instance) -> set[str]:
    """The own attributes that ``__getitem__`` uses only where this data set, by what else it holds, never comes."""
    method = item_method(dataset)
    body = method.node.body if method is not None else None
    used: dict[bool, set[str]] = {True: set(), False: set()}
    if isinstance(body, list):
        _follow(body, dataset, used, True)
    return used[False] - used[True]


def _follow(block: list[ir.Statement], dataset: Instance, used: dict[bool, set[str]], reached: bool) -> None:
    """Note the attributes that a block uses, by whether it is ``reached``."""
    for statement in block:
        if not isinstance(statement, ir.If):
            used[reached] |= _own(statement)
            continue
        used[reached] |= _own(statement.test)
        decided = decide(statement.test, dataset)
        _follow(statement.body, dataset, used, reached and decided is not False)
        _follow(statement.orelse, dataset, used, reached and decided is not True)
        taken = {True: statement.body, False: statement.orelse}.get(decided) if decided is not None else None
        if taken and isinstance(taken[-1], ir.Return):
            reached = False


def _own(item: ir.Node) -> set[str]:
    return {node.attr for node in nodes_in(item) if isinstance(node, ir.Attribute) and _is_self(node.value)}


def _is_self(node: ir.Expr) -> bool:
    return isinstance(node, ir.Name) and node.id == "self"


def decide(test: ir.Expr, owner: Instance) -> bool | None:
    """How a condition on an instance's own attributes goes; None where that is not known."""
    if isinstance(test, ir.UnaryOp) and test.op == "not":
        inner = decide(test.operand, owner)
        return None if inner is None else not inner
    if isinstance(test, ir.BooleanOp):
        sides = decide(test.left, owner), decide(test.right, owner)
        settling = test.op == "or"
        if settling in sides:
            return settling
        return None if None in sides else not settling
    if isinstance(test, ir.Comparison) and len(test.ops) == 1 and test.ops[0] in ("==", "!="):
        held, other = _held(test.left, owner), test.rights[0]
        if held is None or not isinstance(other, ir.Constant):
            return None
        return (held.value == other.value) is (test.ops[0] == "==")
    known = _held(test, owner)
    return None if known is None else bool(known.value)


def _held(node: ir.Expr, owner: Instance) -> Constant | None:
    if not isinstance(node, ir.Attribute) or not _is_self(node.value):
        return None
    value = owner.attributes.get(node.attr)
    return value if isinstance(value, Constant) else None
