"""Walking statements: everything but branches and loops, which have their own modules."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from trainlint.facts import ir
from trainlint.trace.events import Reported, Stopped, Watched
from trainlint.trace.interpreter import assignment, branches, definitions, discarding, gradients, hits, imports, loops
from trainlint.trace.interpreter.flow import Flow
from trainlint.trace.interpreter.library.persistence import report_renamed
from trainlint.trace.interpreter.machine import Machine
from trainlint.trace.interpreter.operators import augmented
from trainlint.trace.merge import tokens_of
from trainlint.trace.scope import Scope
from trainlint.trace.tokens import LossToken, holds
from trainlint.trace.values import Constant, ListValue, Value


def execute(m: Machine, statements: list[ir.Statement], scope: Scope) -> Flow:
    """Walk a block. Conditions that an early exit leaves behind (``if rank: return``) hold for the rest of it."""
    guards = len(m.guards)
    try:
        for position, statement in enumerate(statements):
            m.tick()
            if type(statement) is ir.If and branches.leaves(statement):
                flow = branches.run_if(m, statement, scope, statements[position + 1 :])
            else:
                flow = HANDLERS[type(statement)](m, statement, scope)
            if flow is not Flow.NORMAL:
                if flow is Flow.RETURN and isinstance(statement, ir.If):
                    branches.beyond(m, statement, statements, scope)
                return flow
        return Flow.NORMAL
    finally:
        del m.guards[guards:]


def _expression(m: Machine, node: ir.ExprStatement, scope: Scope) -> Flow:
    value = m.evaluate(m, node.value, scope)
    if m.shared.pop("exit", None) is not None:
        m.emit(Stopped(m.place(node, scope), "exit"))
        return Flow.RAISE
    definitions.statement_effect(m, node, value)
    discarding.discarded(m, node, value, scope)
    gradients.thrown_away(m, value)
    return Flow.NORMAL


def _assign(m: Machine, node: ir.Assign, scope: Scope) -> Flow:
    value = m.evaluate(m, node.value, scope)
    gradients.by_assignment(m, node, value, scope)
    value = _sum(m, node, value, scope)
    for target in node.targets:
        assignment.assign(m, target, value, scope)
    if m.reads_checkpoints:
        report_renamed(m, node, value, scope)
    return Flow.NORMAL


def _sum(m: Machine, node: ir.Assign, value: Value, scope: Scope) -> Value:
    """``total = total + loss`` is what ``total += loss`` is."""
    written = node.value
    if not m.frames or not isinstance(written, ir.BinaryOp) or written.op != "+" or len(node.targets) != 1:
        return value
    target = node.targets[0]
    into = m.words(target)
    if not isinstance(target, ir.Name | ir.Attribute) or into != m.words(written.left):
        return value
    addend = m.evaluate(m, written.right, scope) if isinstance(written.right, ir.Name) else value
    before = m.evaluate(m, written.left, scope)
    return assignment.accumulated(m, into, before, addend, value, "+=", m.place(node, scope))


def _ann_assign(m: Machine, node: ir.AnnAssign, scope: Scope) -> Flow:
    if node.value is not None:
        value = m.evaluate(m, node.value, scope)
        assignment.assign(m, node.target, definitions.hinted(m, value, node.annotation, scope), scope)
    return Flow.NORMAL


def _aug_assign(m: Machine, node: ir.AugAssign, scope: Scope) -> Flow:
    before = m.evaluate(m, node.target, scope)
    addend = m.evaluate(m, node.value, scope)
    result = augmented(m, node, before, addend, scope)
    gradients.by_operator(m, node.op, before, addend, m.place(node, scope))
    if node.op == "+":
        into = m.words(node.target)
        result = assignment.accumulated(m, into, before, addend, result, "+=", m.place(node, scope))
    if isinstance(before, ListValue) and node.op == "+":
        # `losses += [loss]` extends in place: the list keeps its identity.
        assignment.extend(m, before, addend, m.place(node, scope))
        return Flow.NORMAL
    assignment.assign(m, node.target, result, scope)
    return Flow.NORMAL


def _return(m: Machine, node: ir.Return, scope: Scope) -> Flow:
    value = m.evaluate(m, node.value, scope) if node.value is not None else Constant(None)
    activation = m.activation
    activation.returns.append(hits.returned(m, value))
    tokens = tokens_of(value)
    silent = activation.function is not None and ("silent_returns", id(activation.function.node)) in m.shared
    if holds(tokens, LossToken) and not silent:
        m.emit(Reported(m.place(node, scope), tokens, "returned"))
    if activation.loops or (m.frames and m.guards):
        m.emit(Stopped(m.place(node, scope), "return"))
    return Flow.RETURN


def _raise(m: Machine, node: ir.Raise, scope: Scope) -> Flow:
    if node.value is not None:
        m.evaluate(m, node.value, scope)
    if m.frames and any(isinstance(token, LossToken) for guard in m.guards for token in guard.tokens):
        m.emit(Stopped(m.place(node, scope), "raise"))
    return Flow.RAISE


def _assert(m: Machine, node: ir.Assert, scope: Scope) -> Flow:
    value = m.evaluate(m, node.test, scope)
    if holds(tokens_of(value), LossToken):
        # `assert loss < limit`: a loss that explodes ends the run.
        m.emit(Watched(m.place(node, scope), frozenset({"finite"}), value))
    return Flow.NORMAL


def _delete(m: Machine, node: ir.Delete, scope: Scope) -> Flow:
    return Flow.NORMAL


def _global(m: Machine, node: ir.Global, scope: Scope) -> Flow:
    for name in node.names:
        scope.declare(name, nonlocal_=node.nonlocal_)
    return Flow.NORMAL


def _nothing(m: Machine, node: ir.Pass, scope: Scope) -> Flow:
    return Flow.NORMAL


def _break(m: Machine, node: ir.Break, scope: Scope) -> Flow:
    m.emit(Stopped(m.place(node, scope), "break"))
    return Flow.BREAK


def _continue(m: Machine, node: ir.Continue, scope: Scope) -> Flow:
    return Flow.CONTINUE


def _function(m: Machine, node: ir.FunctionDef, scope: Scope) -> Flow:
    m.store.set(scope.home(node.name).names, node.name, definitions.make_function(m, node, scope))
    return Flow.NORMAL


def _class(m: Machine, node: ir.ClassDef, scope: Scope) -> Flow:
    m.store.set(scope.home(node.name).names, node.name, definitions.make_class(m, node, scope))
    return Flow.NORMAL


def _import(m: Machine, node: ir.Import, scope: Scope) -> Flow:
    imports.plain(m, node, scope)
    return Flow.NORMAL


def _import_from(m: Machine, node: ir.ImportFrom, scope: Scope) -> Flow:
    imports.named(m, node, scope)
    return Flow.NORMAL


HANDLERS: dict[type, Callable[[Machine, Any, Scope], Flow]] = {
    ir.ExprStatement: _expression,
    ir.Assign: _assign,
    ir.AnnAssign: _ann_assign,
    ir.AugAssign: _aug_assign,
    ir.Return: _return,
    ir.Raise: _raise,
    ir.Assert: _assert,
    ir.Delete: _delete,
    ir.Global: _global,
    ir.Pass: _nothing,
    ir.Break: _break,
    ir.Continue: _continue,
    ir.FunctionDef: _function,
    ir.ClassDef: _class,
    ir.Import: _import,
    ir.ImportFrom: _import_from,
    ir.If: branches.run_if,
    ir.Try: branches.run_try,
    ir.Match: branches.run_match,
    ir.With: branches.run_with,
    ir.For: loops.run_for,
    ir.While: loops.run_while,
}
