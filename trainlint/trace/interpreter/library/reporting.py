"""Methods of loggers, progress bars, metric objects and callbacks."""

from __future__ import annotations

from trainlint.facts import ir
from trainlint.trace.events import Decided, Measured, Reported
from trainlint.trace.interpreter.iteration import element_of
from trainlint.trace.interpreter.library.unknown import unknown_call
from trainlint.trace.interpreter.machine import Arguments, Machine
from trainlint.trace.interpreter.sources import as_sources
from trainlint.trace.interpreter.tensors import token
from trainlint.trace.merge import tokens_of
from trainlint.trace.scope import Scope
from trainlint.trace.tokens import MeasureToken, union
from trainlint.trace.values import Constant, Data, Graph, Kind, Library, Value


def logger_method(m: Machine, receiver: Library, name: str, given: Arguments, node: ir.Node, scope: Scope) -> Value:
    m.emit(Reported(m.place(node, scope), union(*(tokens_of(value) for value in given.all())), "log"))
    return receiver if name in ("getLogger", "bind") else Data()


def progress_method(m: Machine, receiver: Library, name: str, given: Arguments, node: ir.Node, scope: Scope) -> Value:
    if name in ("set_postfix", "set_description", "set_postfix_str", "set_description_str", "write", "log", "update"):
        tokens = union(*(tokens_of(value) for value in given.all()))
        m.emit(Reported(m.place(node, scope), tokens, "log"))
    if name in ("__iter__", "track", "tqdm"):
        iterable = given.get(0) or receiver.arguments.get("iterable")
        return iterable if name != "__iter__" and iterable is not None else element_of(m, receiver, None, node, scope)
    return Data()


def metric_method(m: Machine, receiver: Library, name: str, given: Arguments, node: ir.Node, scope: Scope) -> Value:
    """``metric.update(output, target)`` collects, ``metric.compute()`` tells."""
    place = m.place(node, scope)
    if name in ("update", "add_batch", "add", "__call__", "forward", "attach"):
        for value in given.all():
            as_sources(m, value)
        tokens = union(*(tokens_of(value) for value in given.all()))
        if tokens:
            m.emit(Measured(place, tokens, receiver.short))
        m.store.set(receiver.state, "tokens", union(receiver.state.get("tokens", frozenset()), tokens))
        return Data(Kind.NUMBER, union(tokens, token(m, MeasureToken, place)), graph=Graph.DETACHED)
    if name in ("compute", "result", "avg", "get", "eval", "evaluate", "score"):
        for value in given.all():
            as_sources(m, value)
        tokens = union(receiver.state.get("tokens", frozenset()), *(tokens_of(value) for value in given.all()))
        if given.all() and tokens:
            m.emit(Measured(place, tokens, receiver.short))
        return Data(Kind.NUMBER, union(tokens, token(m, MeasureToken, place)), graph=Graph.DETACHED)
    if name == "reset":
        m.store.set(receiver.state, "tokens", frozenset())
        return Constant(None)
    return receiver if name == "to" else Data()


def callback_method(m: Machine, receiver: Library, name: str, given: Arguments, node: ir.Node, scope: Scope) -> Value:
    """``stopper.step(loss)`` of an early stopping that the loop itself asks."""
    if receiver.trait("kind") != "early_stopping" or name != "step":
        return unknown_call(m, f"{receiver.short}.{name}", given, node, scope, receiver=receiver)
    m.emit(Decided(m.place(node, scope), union(*(tokens_of(value) for value in given.all())), "early stopping"))
    # The decision is made in there: what it says is no number to decide by.
    return Data(Kind.NUMBER)
