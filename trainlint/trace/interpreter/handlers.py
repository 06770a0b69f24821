"""Handlers of exceptions: what is caught around the loading of a checkpoint."""

from __future__ import annotations

from trainlint.facts import ir
from trainlint.trace.events import Loaded, LoadFailureCaught
from trainlint.trace.interpreter.flow import Flow
from trainlint.trace.interpreter.machine import Machine
from trainlint.trace.scope import Scope
from trainlint.trace.values import Constant, Value

_ALL = frozenset({"Exception", "BaseException"})


def report(
    m: Machine, handler: ir.Handler, scope: Scope, block: tuple[int, int], flow: Flow, returned: list[Value]
) -> None:
    """Tell that whatever goes wrong in a block that loads is caught, and the program goes on.

    ``block`` are the first and the end of its events, ``flow`` and ``returned`` how the handler ends.
    """
    if not m.reads_checkpoints or not _goes_on(flow, returned) or not _is_broad(m, handler.type):
        return
    if any(isinstance(event, Loaded) for event in m.events[block[0] : block[1]]):
        m.emit(LoadFailureCaught(m.place(handler, scope), *block))


def _goes_on(flow: Flow, returned: list[Value]) -> bool:
    """Whether a handler goes on, rather than raising again or telling its caller by None or False."""
    if flow is Flow.RETURN:
        return bool(returned) and not any(isinstance(value, Constant) and not value.value for value in returned)
    return flow is not Flow.RAISE


def _is_broad(m: Machine, caught: ir.Expr | None) -> bool:
    if isinstance(caught, ir.Sequence):
        return any(_is_broad(m, each) for each in caught.elements)
    return caught is None or m.words(caught).rpartition(".")[2] in _ALL
