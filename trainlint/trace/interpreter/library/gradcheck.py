"""Gradient checks: the checked function is walked, so that what it applies is known."""

from __future__ import annotations

import re

from trainlint.facts import ir
from trainlint.trace.callables import names_in
from trainlint.trace.events import Event, Forward, GradientChecked, Operated
from trainlint.trace.interpreter import precision
from trainlint.trace.interpreter.machine import Arguments, Machine
from trainlint.trace.interpreter.networks import may_hold
from trainlint.trace.interpreter.sizes import samples_of
from trainlint.trace.scope import Scope
from trainlint.trace.values import (
    BoundMethod,
    Choice,
    Constant,
    Function,
    Instance,
    Library,
    ListValue,
    Partial,
    TupleValue,
    Value,
    Wrapped,
)

_PARAMETERS = frozenset({"parameters", "named_parameters"})
_NORMS = frozenset({"norm", "pow", "square", "abs", "sum", "vector_norm"})
_PENALTY = re.compile(r"regul|penalt|weight_?decay|(?:^|_)l[12]_?reg|(?:^|_)reg(?:_loss|_term)?$", re.I)
FOLLOWED = (Function, BoundMethod, Instance, Library, Partial, Wrapped, Choice)


def checked(m: Machine, function: Value | None, inputs: Value | None, node: ir.Node, scope: Scope) -> GradientChecked:
    """What is known of a check, with the function walked on its inputs."""
    start = len(m.events)
    if isinstance(function, FOLLOWED):
        m.call(m, function, Arguments(_inputs(inputs)), node, scope)
    found = m.events[start:]
    networks = [event.model for event in found if isinstance(event, Forward)]
    modes = {event.mode for event in found if isinstance(event, Forward)}
    mode = "train" if "train" in modes else modes.pop() if len(modes) == 1 else None
    precisions = [precision.of_network(m, network) for network in networks]
    return GradientChecked(
        m.place(node, scope),
        function,
        inputs,
        mode,
        _dropout(found),
        _double(precision.of_inputs(inputs), precisions),
        samples=max(filter(None, (samples_of(m, value) for value in _inputs(inputs))), default=None),
        penalised=_is_penalised(function),
    )


def _is_penalised(function: Value | None) -> bool:
    """Whether a function adds a penalty of the parameters to what it gives."""
    while isinstance(function, Partial | BoundMethod):
        function = function.function
    if not isinstance(function, Function):
        return False
    names = names_in(function.node.body)
    return bool(names & _PARAMETERS and names & _NORMS) or any(_PENALTY.search(name) for name in names)


def _inputs(inputs: Value | None) -> list[Value]:
    if isinstance(inputs, TupleValue):
        return list(inputs.elements)
    if isinstance(inputs, ListValue):
        return list(inputs.items)
    return [inputs] if inputs is not None else []


def _dropout(found: list[Event]) -> bool | None:
    """Whether dropout is on: a functional one, or that of a network in train mode."""
    verdict: bool | None = False
    for event in found:
        if isinstance(event, Operated) and event.operation == "dropout" and event.layer is None:
            on = functional(event)
        elif isinstance(event, Forward):
            held = may_hold(event.model, "dropout")
            on = held if event.mode == "train" else None if event.mode == "unknown" and held is not False else False
        else:
            continue
        if on:
            return True
        verdict = None if on is None else verdict
    return verdict


def functional(event: Operated) -> bool | None:
    """Whether a call of ``F.dropout`` drops: by its ``training`` and ``p``, where these are known."""
    rate = event.arguments.get("p")
    if isinstance(rate, Constant) and rate.value == 0:
        return False
    flag = event.arguments.get("training")
    if flag is None:
        return "alpha" not in event.function
    if isinstance(flag, Constant):
        return bool(flag.value)
    origin = getattr(flag, "origin", None) or ""
    return {"training:train": True, "training:eval": False}.get(origin)


def _double(inputs: set[str | None], networks: list[str | None]) -> bool | None:
    if any(found not in (None, precision.DOUBLE) for found in (*inputs, *networks)):
        return False
    return True if inputs == {precision.DOUBLE} else None
