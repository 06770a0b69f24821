"""``with`` blocks: gradient modes, autocast, accumulation, and context managers of the project."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack

from trainlint.facts import ir
from trainlint.trace.interpreter.flow import Flow
from trainlint.trace.interpreter.machine import Arguments, Machine
from trainlint.trace.merge import options_of
from trainlint.trace.scope import Scope
from trainlint.trace.values import Choice, Constant, Data, GeneratorValue, Instance, Library, Value

# A context manager of the project may yield on several ways; the block is walked on the first two.
WAYS = 2


def around(m: Machine, value: GeneratorValue, block: Callable[[Value], Flow], node: ir.Node, scope: Scope) -> Flow:
    """``with manager():`` of a ``@contextmanager`` function: the block is walked where the function yields."""
    activations, calls, nodes = list(m.activations), list(m.calls), list(m.stack_nodes)
    flows: list[Flow] = []

    def at_yield(bound: Value) -> None:
        if len(flows) == WAYS:
            return
        within = (m.activations, m.calls, m.stack_nodes)
        m.activations, m.calls, m.stack_nodes = list(activations), list(calls), list(nodes)
        try:
            flows.append(block(bound))
        finally:
            m.activations, m.calls, m.stack_nodes = within

    value.at_yield = at_yield
    bound = m.iterate(m, value, node, scope)
    if not flows:
        return block(bound)
    return Flow.NORMAL if Flow.NORMAL in flows else flows[0]


def stack_method(m: Machine, receiver: Library, name: str, given: Arguments, node: ir.Node, scope: Scope) -> Value:
    """``stack.enter_context(manager)`` of a ``contextlib.ExitStack``."""
    stack, value = receiver.state.get("stack"), given.get(0, "cm")
    if name != "enter_context" or not isinstance(stack, ExitStack) or value is None:
        return Data()
    if isinstance(value, GeneratorValue):
        return m.iterate(m, value, node, scope)
    return enter(m, value, node, scope, stack)


def enter(m: Machine, value: Value, item: ir.Node, scope: Scope, stack: ExitStack) -> Value:
    """Enter one context for the time of the stack, and give what it binds."""
    if isinstance(value, Choice):
        for option in value.options:
            if isinstance(option, GeneratorValue):
                m.iterate(m, option, item, scope)
        # `with torch.no_grad() if frozen else nullcontext():` may or may not hold.
        kinds = {option.role for option in value.options if isinstance(option, Library)}
        if "grad_mode" in kinds:
            stack.enter_context(m.flag("gradients", None))
        return value
    if isinstance(value, Library):
        return _library(m, value, stack)
    if isinstance(value, Instance):
        return _instance(m, value, item, scope, stack)
    return value


def _library(m: Machine, value: Library, stack: ExitStack) -> Value:
    if value.role == "grad_mode":
        stack.enter_context(m.flag("gradients", value.state.get("enabled")))
    elif value.role == "autocast":
        stack.enter_context(m.flag("autocast", True))
    elif value.role == "exit_stack":
        # Contexts that it is given later hold until this block ends.
        value.state["stack"] = stack
    elif value.role in ("accumulate", "no_sync"):
        stack.enter_context(m.flag(value.role, True))
    elif value.role == "scaled_loss":
        return options_of(value.arguments.get("loss"))[0] if value.arguments.get("loss") else Data()
    return value


def _instance(m: Machine, value: Instance, item: ir.Node, scope: Scope, stack: ExitStack) -> Value:
    if not any("__enter__" in cls.attributes for cls in value.cls.lineage()):
        return value
    # What it switches, it is trusted to switch back.
    before = m.flags.get("gradients")
    stack.callback(lambda: m.store.set(m.flags, "gradients", before))
    entered = m.method(m, value, "__enter__", Arguments(), item, scope)
    nothing: list[Value] = [Constant(None), Constant(None), Constant(None)]
    stack.callback(lambda: m.method(m, value, "__exit__", Arguments(nothing), item, scope))
    return entered
