"""What a loop over batches leaves under a name that it assigns in each round: the last batch's number."""

from __future__ import annotations

from collections.abc import Iterator

from trainlint.facts import ir
from trainlint.trace.callables import nodes_in
from trainlint.trace.events import Loop
from trainlint.trace.interpreter.machine import Machine
from trainlint.trace.interpreter.tensors import with_tokens
from trainlint.trace.scope import Scope
from trainlint.trace.tokens import AccumulatedToken, LastToken, LossToken, MeasureToken, Source, holds
from trainlint.trace.values import Data

# What a `Data` value's ``reduction`` says of a number that is one batch's.
OF_ONE_BATCH = ("mean", "sum")


def mark(m: Machine, loop: Loop, body: list[ir.Statement], scope: Scope) -> None:
    """Mark losses and metrics of the last batch, so that it can be told what becomes of them."""
    if not holds(loop.over, Source):
        return
    for name in _assigned_anew(m, body):
        names = scope.home(name).names
        value = names.get(name)
        if not isinstance(value, Data) or value.reduction not in OF_ONE_BATCH or not value.tokens & loop.over:
            continue
        is_measured = holds(value.tokens, LossToken) or holds(value.tokens, MeasureToken)
        if is_measured and not holds(value.tokens, AccumulatedToken):
            marked = with_tokens(value, frozenset((LastToken(loop.place, name, loop.over),)))
            m.store.set(names, name, marked)


def _assigned_anew(m: Machine, body: list[ir.Statement]) -> frozenset[str]:
    """Names that each round assigns, without what an earlier round left under any name."""
    key = ("assigned anew", id(body))
    if key not in m.shared:
        made: dict[str, set[str]] = {}
        carried: set[str] = set()
        for statement in _flat(body):
            if isinstance(statement, ir.AugAssign) and isinstance(statement.target, ir.Name):
                carried.add(statement.target.id)
            elif isinstance(statement, ir.Assign):
                for target in statement.targets:
                    for name in _names(target):
                        made.setdefault(name, set()).update(_read(statement.value))
        carried |= {name for name in made if name in _reached(name, made)}
        m.shared[key] = frozenset(name for name in made if not ({name} | _reached(name, made)) & carried)
    result: frozenset[str] = m.shared[key]
    return result


def _read(value: ir.Expr) -> Iterator[str]:
    """The names that an expression reads; ``loss = outputs.loss`` reads no ``loss``."""
    return (node.id for node in nodes_in(value) if isinstance(node, ir.Name))


def _names(target: ir.Expr) -> Iterator[str]:
    if isinstance(target, ir.Name):
        yield target.id
    elif isinstance(target, ir.Sequence):
        for element in target.elements:
            yield from _names(element)


def _reached(name: str, made: dict[str, set[str]]) -> set[str]:
    """The names that a name is computed from, directly or not."""
    found: set[str] = set()
    queue = [name]
    while queue:
        for other in made.get(queue.pop(), ()):
            if other not in found:
                found.add(other)
                queue.append(other)
    return found


def _flat(body: list[ir.Statement]) -> Iterator[ir.Statement]:
    """The statements of a round, those of inner loops apart."""
    for statement in body:
        yield statement
        if isinstance(statement, ir.If):
            yield from _flat([*statement.body, *statement.orelse])
        elif isinstance(statement, ir.With | ir.Try):
            yield from _flat(statement.body)
