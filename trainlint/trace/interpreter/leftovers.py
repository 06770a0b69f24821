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


# A name as the round before left it, among those that a name of this round is computed from.
EARLIER = "earlier "


def mark(m: Machine, loop: Loop, node: ir.For, scope: Scope) -> None:
    """Mark losses and metrics of the last batch, so that it can be told what becomes of them."""
    if not holds(loop.over, Source):
        return
    for name in _assigned_anew(m, node):
        names = scope.home(name).names
        value = names.get(name)
        if not isinstance(value, Data) or value.reduction not in OF_ONE_BATCH or not value.tokens & loop.over:
            continue
        is_measured = holds(value.tokens, LossToken) or holds(value.tokens, MeasureToken)
        if is_measured and not holds(value.tokens, AccumulatedToken):
            marked = with_tokens(value, frozenset((LastToken(loop.place, name, loop.over),)))
            m.store.set(names, name, marked)


def _assigned_anew(m: Machine, node: ir.For) -> frozenset[str]:
    """Names that each round assigns, without what an earlier round left under any name."""
    key = ("assigned anew", id(node))
    if key not in m.shared:
        made: dict[str, set[str]] = {}
        carried: set[str] = set()
        _follow(node.body, set(_names(node.target)), made, carried)
        carried |= {EARLIER + name for name in made}
        m.shared[key] = frozenset(name for name in made if not ({name} | _reached(name, made)) & carried)
    result: frozenset[str] = m.shared[key]
    return result


def _follow(body: list[ir.Statement], fresh: set[str], made: dict[str, set[str]], carried: set[str]) -> None:
    """What each name of a round, inner loops apart, is computed from; `images = images.cuda()` is from this round's own,
    since the loop itself has assigned it before. ``fresh`` gets the names that are assigned for certain."""
    for statement in body:
        if isinstance(statement, ir.AugAssign) and isinstance(statement.target, ir.Name):
            carried.add(statement.target.id)
        elif isinstance(statement, ir.Assign):
            read = {name if name in fresh else EARLIER + name for name in _read(statement.value)}
            given = [name for target in statement.targets for name in _names(target)]
            for name in given:
                made.setdefault(name, set()).update(read)
            fresh.update(given)
        elif isinstance(statement, ir.If):
            sides = set(fresh), set(fresh)
            _follow(statement.body, sides[0], made, carried)
            _follow(statement.orelse, sides[1], made, carried)
            fresh |= sides[0] & sides[1]
        elif isinstance(statement, ir.With | ir.Try):
            _follow(statement.body, fresh, made, carried)


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
