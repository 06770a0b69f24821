"""Branches: both sides of an undecided condition are walked, each in a transaction, and merged.

A condition decided by an option's default is walked along the default for what follows; the other side is walked too, for
its events only, and undone: they are *offered*.
"""

from __future__ import annotations

from contextlib import ExitStack

from trainlint.facts import ir
from trainlint.trace.callables import nodes_in
from trainlint.trace.events import Guard, Loop
from trainlint.trace.interpreter import assignment, contexts, handlers
from trainlint.trace.interpreter.flow import Flow
from trainlint.trace.interpreter.machine import Machine
from trainlint.trace.interpreter.operators import truth
from trainlint.trace.merge import join, tokens_of
from trainlint.trace.scope import Scope
from trainlint.trace.store import MISSING, Delta
from trainlint.trace.values import Constant, Data, GeneratorValue, Kind, Value

NOTHING = Delta({})
# Options inside options are explored this deep.
OFFERED_DEPTH = 2


def leaves(node: ir.If) -> bool:
    """Whether what follows a condition is its other side: ``if not args.save: return``."""
    return not node.orelse and bool(node.body) and isinstance(node.body[-1], ir.Return | ir.Continue)


def run_if(m: Machine, node: ir.If, scope: Scope, rest: list[ir.Statement] | None = None) -> Flow:
    """Walk a condition, which the ``rest`` of its block is the other side of where the first one leaves the block."""
    value = _tested(m, node.test, scope, [_assigned(node.body), _assigned(node.orelse)])
    decided, optional = truth(value)
    if decided is None:
        return _undecided(m, node, value, scope)
    taken, other = (node.body, node.orelse) if decided else (node.orelse, node.body)
    if not optional:
        return m.execute(m, taken, scope)
    visit = m.visit()
    place = m.place(node, scope)
    text = m.words(node.test)
    if _is_refused(m, taken, scope) or (_asks(m, node.test, scope) and _tells(taken)):
        # With the option's default the program stops with a message: nobody runs it like that.
        tests = [inner.test for inner in nodes_in(node) if isinstance(inner, ir.If)] if taken is node.orelse else []
        _set_by_people(m, [node.test, *tests], scope)
        return m.execute(m, other, scope) if _refuses(taken) else _undecided(m, node, Data(origin="option"), scope)
    if decided and rest:
        other = rest
    if other and m.offered_depth < OFFERED_DEPTH:
        _explore(m, other, scope, Guard(place, text, not decided, visit, offered=True, test=value))
    with m.guarded(Guard(place, text, decided, visit, test=value)):
        flow = m.execute(m, taken, scope)
    if flow is Flow.RETURN and not other and not m.frames:
        m.shared["left by default"] = node, Guard(place, text, not decided, visit, offered=True, test=value)
    return flow


def beyond(m: Machine, node: ir.If, block: list[ir.Statement], scope: Scope) -> None:
    """Walk what stands behind a condition that leaves the function by default (`if not args.train: return`): it is offered."""
    left, guard = m.shared.pop("left by default", (None, None))
    if left is node and m.offered_depth < OFFERED_DEPTH:
        position = next(number for number, statement in enumerate(block) if statement is node)
        _explore(m, block[position + 1 :], scope, guard)


def _tested(m: Machine, test: ir.Expr, scope: Scope, sides: list[ir.Expr | None]) -> Value:
    """A condition. Where both sides are words (`"green" if predicted == label else "red"`), it measures nothing."""
    if not all(isinstance(side, ir.Constant) and isinstance(side.value, str) for side in sides):
        return m.evaluate(m, test, scope)
    m.in_wording += 1
    try:
        return m.evaluate(m, test, scope)
    finally:
        m.in_wording -= 1


def _assigned(block: list[ir.Statement]) -> ir.Expr | None:
    """What a block of a single assignment binds."""
    return block[0].value if len(block) == 1 and isinstance(block[0], ir.Assign) else None


def _is_refused(m: Machine, block: list[ir.Statement], scope: Scope) -> bool:
    """Whether the default ends in a block that refuses it, or in the last branch of a chain of ``elif`` that does."""
    while len(block) == 1 and isinstance(block[0], ir.If):
        decided, optional = truth(m.evaluate(m, block[0].test, scope))
        if decided is None or not optional:
            return False
        block = block[0].body if decided else block[0].orelse
    return _refuses(block)


def _set_by_people(m: Machine, tests: list[ir.Expr], scope: Scope) -> None:
    """Forget the defaults of the options that conditions ask for: people give others."""
    for test in tests:
        for part in nodes_in(test):
            if isinstance(part, ir.Name | ir.Attribute):
                value = m.evaluate(m, part, scope)
                if isinstance(value, Constant) and value.optional:
                    name = part.id if isinstance(part, ir.Name) else part.attr
                    assignment.assign(m, part, Data(name=name, origin="option"), scope)


def _refuses(block: list[ir.Statement]) -> bool:
    """Whether a block ends the program: by ``raise``, or a call of ``exit`` or of a parser's ``error``."""
    last = block[-1] if block else None
    if isinstance(last, ir.Raise):
        return True
    if isinstance(last, ir.ExprStatement) and isinstance(last.value, ir.Call):
        func = last.value.func
        name = func.attr if isinstance(func, ir.Attribute) else func.id if isinstance(func, ir.Name) else ""
        return name in ("exit", "quit", "_exit", "error")
    return False


def _asks(m: Machine, test: ir.Expr, scope: Scope) -> bool:
    """Whether a condition compares an option that has no default with one of its choices: a person must choose."""
    if not isinstance(test, ir.Comparison) or test.ops != ["=="] or not isinstance(test.rights[0], ir.Constant):
        return False
    option = m.evaluate(m, test.left, scope)
    return isinstance(option, Constant) and option.value is None


def _tells(block: list[ir.Statement]) -> bool:
    """Whether a block only prints, or offers further choices of which the last one does."""
    if len(block) == 1 and isinstance(block[0], ir.If):
        return _tells(block[0].orelse)
    return bool(block) and all(
        isinstance(item, ir.ExprStatement)
        and isinstance(item.value, ir.Call)
        and (
            (isinstance(item.value.func, ir.Name) and item.value.func.id == "print")
            or (isinstance(item.value.func, ir.Attribute) and item.value.func.attr in ("print_help", "print_usage"))
        )
        for item in block
    )


def _explore(m: Machine, block: list[ir.Statement], scope: Scope, guard: Guard) -> None:
    """Walk what an option offers, and undo it."""
    activation = m.activation
    marks = [len(activation.returns), len(activation.yields), len(activation.returned)]
    loops = [(len(state.continued), len(state.broken)) for state in activation.loops]
    m.store.begin()
    try:
        with m.guarded(guard):
            m.execute(m, block, scope)
    finally:
        m.store.rollback()
    if len(activation.returns) > marks[0]:
        activation.offers = True
    del activation.returns[marks[0] :]
    del activation.yields[marks[1] :]
    del activation.returned[marks[2] :]
    for state, (continued, broken) in zip(activation.loops, loops, strict=False):
        del state.continued[continued:]
        del state.broken[broken:]


def _undecided(m: Machine, node: ir.If, value: Value, scope: Scope) -> Flow:
    place, text, visit, tokens = m.place(node, scope), m.words(node.test), m.visit(), tokens_of(value)
    depth, loops = len(m.calls), len(m.frames)
    guard = Guard(place, text, True, visit, tokens, test=value, calls=depth, loops=loops)
    opposite = Guard(place, text, False, visit, tokens, test=value, calls=depth, loops=loops)
    flow_true, true = _side(m, node.body, scope, guard, refine=(node.test, True))
    flow_false, false = _side(m, node.orelse, scope, opposite, refine=(node.test, False))
    return settle(m, (flow_true, true, guard), (flow_false, false, opposite))


def _side(
    m: Machine, block: list[ir.Statement], scope: Scope, guard: Guard, refine: tuple[ir.Expr, bool] | None = None
) -> tuple[Flow, Delta]:
    m.store.begin()
    try:
        with m.guarded(guard):
            if refine is not None:
                _narrow(m, refine[0], refine[1], scope)
            flow = m.execute(m, block, scope) if block else Flow.NORMAL
    except BaseException:
        m.store.rollback()
        raise
    return flow, m.store.rollback()


def _narrow(m: Machine, test: ir.Expr, side: bool, scope: Scope) -> None:
    """Inside ``if phase == "train":`` an unknown phase is "train"."""
    if not isinstance(test, ir.Comparison) or len(test.ops) != 1 or not side or test.ops[0] != "==":
        return
    if isinstance(test.left, ir.Name) and isinstance(test.rights[0], ir.Constant):
        known = scope.find(test.left.id)
        constant = test.rights[0].value
        if isinstance(known, Data) and not known.tokens and isinstance(constant, str):
            m.store.set(scope.home(test.left.id).names, test.left.id, Constant(constant))


def settle(m: Machine, first: tuple[Flow, Delta, Guard], second: tuple[Flow, Delta, Guard]) -> Flow:
    """Merge the two sides of a branch. A side that leaves the block waits where it leads to; the other goes on."""
    (flow_a, a, guard_a), (flow_b, b, guard_b) = first, second
    _leave(m, flow_a, a)
    _leave(m, flow_b, b)
    if m.reads_checkpoints and m.frames and Flow.CONTINUE in (flow_a, flow_b):
        _skip(m.frames[-1].loop, guard_a.text)
    if flow_a is Flow.NORMAL and flow_b is Flow.NORMAL:
        m.store.merge(a, b)
        return Flow.NORMAL
    if flow_a is Flow.NORMAL:
        m.store.apply(a)
        _keep(m, flow_b, guard_a)
        return Flow.NORMAL
    if flow_b is Flow.NORMAL:
        m.store.apply(b)
        _keep(m, flow_a, guard_b)
        return Flow.NORMAL
    return flow_b if flow_a is Flow.RAISE else flow_a


def _skip(loop: Loop, text: str) -> None:
    if any(sign in text for sign in "<>") and text not in loop.skips:
        loop.skips = f"{loop.skips} {text}".lstrip()


def _keep(m: Machine, other: Flow, guard: Guard) -> None:
    # `if rank != 0: return` makes the rest conditional. Refusing bad input (`raise`) does not.
    if other is not Flow.RAISE:
        m.guards.append(guard)


def _leave(m: Machine, flow: Flow, delta: Delta) -> None:
    activation = m.activation
    if flow is Flow.RETURN:
        activation.returned.append(delta)
    elif flow is Flow.CONTINUE and activation.loops:
        activation.loops[-1].continued.append(delta)
    elif flow is Flow.BREAK and activation.loops:
        activation.loops[-1].broken.append(delta)


def run_try(m: Machine, node: ir.Try, scope: Scope) -> Flow:
    """The body is the program's way; a handler adds events under a guard and the names that only it binds."""
    visit = m.visit()
    first = len(m.events)
    flow = m.execute(m, [*node.body, *node.orelse], scope)
    block = (first, len(m.events))
    for handler in node.handlers:
        returns = len(m.activation.returns)
        guard = Guard(m.place(handler, scope), "except", True, visit, kind="try")
        m.store.begin()
        try:
            with m.guarded(guard):
                if handler.name:
                    m.store.set(scope.names, handler.name, Data(Kind.UNKNOWN, name=handler.name))
                handled = m.execute(m, handler.body, scope)
        except BaseException:
            m.store.rollback()
            raise
        delta = m.store.rollback()
        handlers.report(m, handler, scope, block, handled, m.activation.returns[returns:])
        if handled is Flow.NORMAL:
            if flow is Flow.RAISE:
                m.store.apply(delta)
                flow = Flow.NORMAL
            else:
                _fill(m, delta)
                flow = Flow.NORMAL
        else:
            _leave(m, handled, delta)
    ended = m.execute(m, node.finalbody, scope)
    return ended if ended is not Flow.NORMAL else flow


def _fill(m: Machine, delta: Delta) -> None:
    for mapping, key, new in delta.changes.values():
        if mapping.get(key, MISSING) is MISSING and new is not MISSING:
            m.store.set(mapping, key, new)


def run_match(m: Machine, node: ir.Match, scope: Scope) -> Flow:
    subject = m.evaluate(m, node.subject, scope)
    visit = m.visit()
    outcomes: list[tuple[Flow, Delta, Guard]] = []
    for number, case in enumerate(node.cases):
        constants = [constant.value for constant in case.constants if isinstance(constant, ir.Constant)]
        if isinstance(subject, Constant) and constants and subject.value not in constants:
            continue
        guard = Guard(m.place(case, scope), "case", True, visit + number, tokens_of(subject), kind="case", test=subject)
        m.store.begin()
        try:
            with m.guarded(guard):
                for name in case.names:
                    m.store.set(scope.home(name).names, name, Data(Kind.UNKNOWN, tokens_of(subject), name=name))
                flow = m.execute(m, case.body, scope)
        except BaseException:
            m.store.rollback()
            raise
        outcomes.append((flow, m.store.rollback(), guard))
        if isinstance(subject, Constant) and constants:
            break
    m.visits += len(node.cases)
    for flow, delta, _ in outcomes:
        _leave(m, flow, delta)
    normal = [delta for flow, delta, _ in outcomes if flow is Flow.NORMAL]
    if normal:
        m.store.merge(*normal) if len(normal) > 1 else m.store.apply(normal[0])
    return Flow.NORMAL if normal or not outcomes else outcomes[0][0]


def run_with(m: Machine, node: ir.With, scope: Scope) -> Flow:
    return _within(m, node, node.items, scope)


def _within(m: Machine, node: ir.With, items: list[ir.WithItem], scope: Scope) -> Flow:
    """Enter the contexts that are left, the outermost first, and walk the block in them."""
    if not items:
        return m.execute(m, node.body, scope)
    item = items[0]

    def block(entered: Value) -> Flow:
        if item.target is not None:
            assignment.assign(m, item.target, entered, scope)
        return _within(m, node, items[1:], scope)

    value = m.evaluate(m, item.context, scope)
    if isinstance(value, GeneratorValue):
        return contexts.around(m, value, block, item, scope)
    with ExitStack() as stack:
        return block(contexts.enter(m, value, item, scope, stack))


def conditional(m: Machine, node: ir.Conditional, scope: Scope) -> Value:
    """``a if test else b``: decided where the test is, else either."""
    test = _tested(m, node.test, scope, [node.body, node.orelse])
    decided, optional = truth(test)
    if decided is not None and not optional:
        return m.evaluate(m, node.body if decided else node.orelse, scope)
    visit, place, text = m.visit(), m.place(node, scope), m.words(node.test)
    if decided is not None:
        taken, other = (node.body, node.orelse) if decided else (node.orelse, node.body)
        if m.offered_depth < OFFERED_DEPTH:
            _explore_expression(m, other, scope, Guard(place, text, not decided, visit, offered=True, test=test))
        value = m.evaluate(m, taken, scope)
        if isinstance(value, Constant) and not value.optional:
            return Constant(value.value, optional=True)
        return value
    tokens = tokens_of(test)
    with m.guarded(Guard(place, text, True, visit, tokens, test=test)):
        first = m.evaluate(m, node.body, scope)
    with m.guarded(Guard(place, text, False, visit, tokens, test=test)):
        second = m.evaluate(m, node.orelse, scope)
    return join(first, second)


def _explore_expression(m: Machine, node: ir.Expr, scope: Scope, guard: Guard) -> None:
    m.store.begin()
    try:
        with m.guarded(guard):
            m.evaluate(m, node, scope)
    finally:
        m.store.rollback()
