"""Loops: walked twice, so that what one round leaves behind meets the next; short literals are unrolled."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from trainlint.facts import ir
from trainlint.trace.events import Frame, Guard, Iterated, Loop, LoopKind
from trainlint.trace.interpreter import assignment, leftovers
from trainlint.trace.interpreter.flow import Flow
from trainlint.trace.interpreter.iteration import element_of, known_elements, rounds_of
from trainlint.trace.interpreter.machine import LoopState, Machine
from trainlint.trace.interpreter.operators import truth
from trainlint.trace.interpreter.sources import as_sources
from trainlint.trace.merge import options_of, tokens_of
from trainlint.trace.scope import Scope
from trainlint.trace.store import Delta
from trainlint.trace.values import Constant, Data, GeneratorValue, Instance, Kind, Value

NOTHING = Delta({})
WALKS = 2
# Literal sequences up to this length are walked element by element.
UNROLL = 6


def run_for(m: Machine, node: ir.For, scope: Scope) -> Flow:
    iterable = m.evaluate(m, node.iter, scope)
    known = known_elements(m, iterable)
    place, label = m.place(node, scope), m.words(node.target)
    if known is not None and len(known) <= UNROLL:
        loop = Loop(LoopKind.FOR, place, label, tokens_of(iterable), len(known), unrolled=True, over_value=iterable)

        def bind_known(number: int) -> None:
            assignment.assign(m, node.target, known[number], scope)

        flow = _rounds(m, loop, node.body, scope, range(len(known)), bind_known)
    else:
        loop = Loop(LoopKind.FOR, place, label, tokens_of(iterable), rounds_of(iterable), over_value=iterable)
        if m.reads_checkpoints:
            loop.begin = _begin(m, node.iter)
            loop.fixed = isinstance(scope.find(loop.begin), Constant)
        _widen(m, node.body, scope)
        generated = m.iterate(m, iterable, node, scope) if isinstance(iterable, GeneratorValue) else None
        announced = False

        def bind(number: int) -> None:
            nonlocal announced
            element = generated if generated is not None else element_of(m, iterable, loop, node, scope)
            if not announced:
                loop.over = tokens_of(element) | loop.over
                loop.modules = all(map(_is_module, options_of(element)))
                sources = as_sources(m, element)
                if sources:
                    m.emit(Iterated(place, loop, tuple(sources)))
                announced = True
            assignment.assign(m, node.target, element, scope)

        flow = _rounds(m, loop, node.body, scope, range(WALKS), bind)
        leftovers.mark(m, loop, node, scope)
    if flow is Flow.NORMAL and node.orelse:
        return m.execute(m, node.orelse, scope)
    return flow


def _is_module(value: Value) -> bool:
    return isinstance(value, Instance) and "module" in value.kinds


def run_while(m: Machine, node: ir.While, scope: Scope) -> Flow:
    _widen(m, node.body, scope)
    test = m.evaluate(m, node.test, scope)
    decided, optional = truth(test)
    if decided is False and not optional:
        return Flow.NORMAL
    loop = Loop(LoopKind.WHILE, m.place(node, scope), m.words(node.test), tokens_of(test))
    guards = []
    if decided is None:
        guards.append(Guard(loop.place, loop.label, True, m.visit(), tokens_of(test), kind="while", test=test))

    def again(number: int) -> None:
        if number:
            m.evaluate(m, node.test, scope)

    m.guards.extend(guards)
    try:
        flow = _rounds(m, loop, node.body, scope, range(WALKS), again)
    finally:
        for guard in guards:
            m.guards.remove(guard)
    if flow is Flow.NORMAL and node.orelse:
        return m.execute(m, node.orelse, scope)
    return flow


def _rounds(
    m: Machine, loop: Loop, body: list[ir.Statement], scope: Scope, numbers: Iterable[int], bind: Callable[[int], None]
) -> Flow:
    state = LoopState()
    activation = m.activation
    loop.depth, loop.conditions = len(m.calls), len(m.guards)
    activation.loops.append(state)
    try:
        for number in numbers:
            with m.looping(Frame(loop, number)):
                bind(number)
                flow = m.execute(m, body, scope)
                for delta in state.continued:
                    m.store.merge(delta, NOTHING)
                state.continued.clear()
            if flow in (Flow.RETURN, Flow.BREAK, Flow.RAISE):
                break
        else:
            flow = Flow.NORMAL
        for delta in state.broken:
            m.store.merge(delta, NOTHING)
    finally:
        activation.loops.pop()
    if flow is Flow.RETURN and not loop.unrolled:
        # Zero rounds are possible: what follows the loop is reached all the same.
        return Flow.NORMAL
    return flow if flow in (Flow.RETURN, Flow.RAISE) else Flow.NORMAL


def _begin(m: Machine, node: ir.Expr) -> str:
    """What a range begins with, also inside a progress bar; nothing where it begins at 0."""
    if not isinstance(node, ir.Call):
        return ""
    name = m.words(node.func).rpartition(".")[2]
    given = [argument.value for argument in node.args if not argument.keyword and not argument.star]
    if (name in ("range", "trange", "arange") and len(given) > 1) or (name == "count" and given):
        return m.words(given[0])
    return next((found for inner in given if (found := _begin(m, inner))), "")


def _widen(m: Machine, body: list[ir.Statement], scope: Scope) -> None:
    """Counters that the loop advances (``step += 1``) are not the constant that they begin with."""
    for target in counters(m, body):
        if isinstance(target, ir.Name):
            value = scope.find(target.id)
            if _countable(value):
                m.store.set(scope.home(target.id).names, target.id, Data(Kind.NUMBER, name=target.id, origin="counter"))
        elif isinstance(target, ir.Attribute):
            before = m.evaluate(m, target, scope)
            if _countable(before):
                assignment.assign(m, target, Data(Kind.NUMBER, name=target.attr, origin="counter"), scope)


def _countable(value: Value | None) -> bool:
    return isinstance(value, Constant) and isinstance(value.value, int | float) and not isinstance(value.value, bool)


def counters(m: Machine, body: list[ir.Statement]) -> list[ir.Expr]:
    """Targets of augmented assignments in a block, nested blocks included."""
    key = id(body)
    found = m.shared.get(("counters", key))
    if found is None:
        found = []
        _collect(body, found)
        m.shared["counters", key] = found
    result: list[ir.Expr] = found
    return result


def _collect(body: list[ir.Statement], found: list[ir.Expr]) -> None:
    for statement in body:
        if isinstance(statement, ir.AugAssign):
            found.append(statement.target)
        elif isinstance(statement, ir.If | ir.For | ir.While):
            _collect(statement.body, found)
            _collect(statement.orelse, found)
        elif isinstance(statement, ir.With):
            _collect(statement.body, found)
        elif isinstance(statement, ir.Try):
            _collect(statement.body, found)
            for handler in statement.handlers:
                _collect(handler.body, found)
