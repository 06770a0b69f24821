"""``with`` blocks: gradient modes, autocast, accumulation, and context managers of the project."""

from __future__ import annotations

from contextlib import ExitStack

from trainlint.facts import ir
from trainlint.trace.interpreter.machine import Arguments, Machine
from trainlint.trace.merge import options_of
from trainlint.trace.scope import Scope
from trainlint.trace.values import Choice, Constant, Data, GeneratorValue, Instance, Library, Value


def enter(m: Machine, item: ir.WithItem, scope: Scope, stack: ExitStack) -> Value:
    """Enter one context for the time of the stack, and give what it binds."""
    value = m.evaluate(m, item.context, scope)
    if isinstance(value, Choice):
        # `with torch.no_grad() if frozen else nullcontext():` may or may not hold.
        kinds = {option.role for option in value.options if isinstance(option, Library)}
        if "grad_mode" in kinds:
            stack.enter_context(m.flag("gradients", None))
        return value
    if isinstance(value, Library):
        return _library(m, value, stack)
    if isinstance(value, Instance):
        return _instance(m, value, item, scope, stack)
    if isinstance(value, GeneratorValue):
        return m.iterate(m, value, item, scope)
    return value


def _library(m: Machine, value: Library, stack: ExitStack) -> Value:
    if value.role == "grad_mode":
        stack.enter_context(m.flag("gradients", value.state.get("enabled")))
    elif value.role == "autocast":
        stack.enter_context(m.flag("autocast", True))
    elif value.role in ("accumulate", "no_sync"):
        stack.enter_context(m.flag(value.role, True))
    elif value.role == "scaled_loss":
        return options_of(value.arguments.get("loss"))[0] if value.arguments.get("loss") else Data()
    return value


def _instance(m: Machine, value: Instance, item: ir.WithItem, scope: Scope, stack: ExitStack) -> Value:
    if not any("__enter__" in cls.attributes for cls in value.cls.lineage()):
        return value
    entered = m.method(m, value, "__enter__", Arguments(), item, scope)
    nothing: list[Value] = [Constant(None), Constant(None), Constant(None)]
    stack.callback(lambda: m.method(m, value, "__exit__", Arguments(nothing), item, scope))
    return entered
