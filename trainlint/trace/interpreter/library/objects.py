"""Calling library objects: layers, networks, criteria, metrics, transforms, scalers."""

from __future__ import annotations

from trainlint.facts import ir
from trainlint.trace.events import Backward, Forward, Measured, Operated, OptimizerStep, Reported
from trainlint.trace.interpreter.library.losses import call_criterion
from trainlint.trace.interpreter.library.operations import attention_masked
from trainlint.trace.interpreter.library.unknown import apply_unknown_model, unknown_call
from trainlint.trace.interpreter.machine import Arguments, Machine
from trainlint.trace.interpreter.operators import mix
from trainlint.trace.interpreter.sources import as_sources
from trainlint.trace.interpreter.tensors import layered, model_token, operated, reshaped, token, with_tokens
from trainlint.trace.merge import options_of, tokens_of
from trainlint.trace.scope import Scope
from trainlint.trace.tokens import LossToken, MeasureToken, union
from trainlint.trace.values import Constant, Data, Function, Graph, Kind, Library, Operation, TupleValue, Value

# Layers that leave the meaning of their input as it is: a softmax that is flattened is a softmax.
TRANSPARENT = frozenset({"Flatten", "Identity", "Unflatten", "Dropout", "Upsample", "PixelShuffle"})
# Layers that give scores: what comes out of them is no probability, until an activation makes it one.
SCORING = frozenset({"linear", "conv", "norm"})


def call_object(m: Machine, callee: Library, given: Arguments, node: ir.Node, scope: Scope) -> Value:
    role = callee.role
    if role == "loss":
        return call_criterion(m, callee, given, node, scope)
    if role == "module":
        return layer(m, callee, given, node, scope)
    if role == "container":
        return container(m, callee, given, node, scope)
    if role == "model":
        return network(m, callee, given, node, scope)
    if role == "metric":
        return measure(m, callee, given, node, scope)
    if role in ("transform", "tokenizer"):
        return with_tokens(mix(*given.all()), frozenset())
    if role == "scaler":
        return combined_scaler(m, callee, given, node, scope)
    if role in ("report", "logger", "progress"):
        m.emit(Reported(m.place(node, scope), union(*(tokens_of(value) for value in given.all())), "log"))
        return given.get(0) or Data()
    if role == "grad_mode":
        # `torch.no_grad()(function)`, a decorator written out.
        function = given.get(0) or Data()
        if isinstance(function, Function) and callee.state.get("enabled") is not None:
            return function.marked(frozenset({"enable_grad" if callee.state["enabled"] else "no_grad"}))
        return function
    if role == "framework" and callee.trait("kind") == "deepspeed":
        return apply_unknown_model(m, callee, given, node, scope)
    return unknown_call(m, callee.short, given, node, scope, receiver=callee)


def _input(given: Arguments) -> Value:
    return given.get(0, "input") or next(iter(given.keywords.values()), Data(Kind.TENSOR))


def layer(
    m: Machine, callee: Library, given: Arguments, node: ir.Node, scope: Scope, *, contained: bool = False
) -> Value:
    """Apply one layer to its input; ``contained`` tells that a container does."""
    value = _input(given)
    m.applications += 1
    as_sources(m, value)
    tensor = value if isinstance(value, Data) else mix(*given.all())
    name = str(callee.trait("op") or "none")
    place = m.place(node, scope)
    gradients = m.flags.get("gradients")
    if name != "none":
        axis = callee.constant("dim")
        made = callee.place if contained else None
        result = operated(tensor, name, place, axis if isinstance(axis, int) else None, made)
        m.emit(Operated(place, name, value, bool(m.in_forward), dict(callee.arguments), result, layer=callee))
    elif callee.short in TRANSPARENT or (callee.trait("dropout") and callee.trait("layer") in (None, "activation")):
        result = mix(tensor)
        result.operations = tensor.operations
        result.kind = Kind.TENSOR
    else:
        result = layered(tensor, gradients=gradients if callee.trait("layer") not in (None, "pool", "shape") else None)
        if result.graph is Graph.UNKNOWN:
            result.graph = tensor.graph
        result.tokens = union(*(tokens_of(argument) for argument in given.all()))
        if callee.trait("layer") in SCORING:
            result.operations = (Operation(str(callee.trait("layer")), place),)
    masks = callee.trait("masks")
    if masks:
        attention_masked(m, callee.short, masks, given, place)
    if m.in_forward == 0 and callee.entry.learns:
        result.tokens = union(result.tokens, model_token(m, callee))
        mode = m.mode_of(callee)
        m.emit(Forward(place, callee, tensor.tokens, mode, gradients, result.tokens, True, tuple(given.all())))
    if callee.trait("layer") in ("recurrent", "attention"):
        return TupleValue((result, Data(Kind.TENSOR, result.tokens, graph=result.graph)))
    return result


def container(m: Machine, callee: Library, given: Arguments, node: ir.Node, scope: Scope) -> Value:
    """``nn.Sequential`` chains its layers."""
    if not callee.trait("sequential"):
        return unknown_call(m, callee.short, given, node, scope, receiver=callee)
    value = _input(given)
    as_sources(m, value)
    children = callee.arguments.get("*")
    outermost = m.in_forward == 0
    m.in_forward += 1
    try:
        if isinstance(children, TupleValue):
            for child in children.elements:
                options = options_of(child)
                value = _child(m, options[0], Arguments([value]), node, scope)
                if len(options) > 1 and isinstance(value, Data):
                    # Which layer it is, is not known: nor what its output is.
                    value = reshaped(value)
                    value.operations = ()
        else:
            value = layered(mix(value), gradients=m.flags.get("gradients"))
    finally:
        m.in_forward -= 1
    if outermost:
        gradients = m.flags.get("gradients")
        value = with_tokens(value, model_token(m, callee))
        place = m.place(node, scope)
        tokens = union(*(tokens_of(argument) for argument in given.all()))
        mode = m.mode_of(callee)
        m.emit(Forward(place, callee, tokens, mode, gradients, tokens_of(value), True, tuple(given.all())))
    return value


def _child(m: Machine, child: Value, given: Arguments, node: ir.Node, scope: Scope) -> Value:
    """Apply one of a container's networks."""
    if isinstance(child, Library) and child.role == "module":
        return layer(m, child, given, node, scope, contained=True)
    return m.call(m, child, given, node, scope)


def network(m: Machine, callee: Library, given: Arguments, node: ir.Node, scope: Scope) -> Value:
    """A ready-made network. Given labels, it computes its loss itself."""
    result = apply_unknown_model(m, callee, given, node, scope)
    if isinstance(result, Data) and ("labels" in given.keywords or callee.trait("losses")):
        result.tokens = union(result.tokens, token(m, LossToken, m.place(node, scope)))
    return result


def measure(m: Machine, callee: Library, given: Arguments, node: ir.Node, scope: Scope) -> Value:
    """A metric object or function is applied: its result is a measurement."""
    place = m.place(node, scope)
    for value in given.all():
        as_sources(m, value)
    tokens = union(*(tokens_of(value) for value in given.all()))
    m.emit(Measured(place, tokens, callee.short))
    held = union(callee.state.get("tokens", frozenset()), tokens)
    m.store.set(callee.state, "tokens", held)
    return Data(Kind.NUMBER, union(tokens, token(m, MeasureToken, place)), graph=Graph.DETACHED)


def combined_scaler(m: Machine, callee: Library, given: Arguments, node: ir.Node, scope: Scope) -> Value:
    """timm's and MAE's ``loss_scaler(loss, optimizer, ...)`` does backward, unscaling, clipping and step in one call."""
    loss, optimizer = given.get(0, "loss"), given.get(1, "optimizer")
    place = m.place(node, scope)
    m.emit(Backward(place, loss, tokens_of(loss), "combined", m.flags.get("gradients")))
    m.emit(OptimizerStep(place, optimizer, "combined", callee))
    return Constant(None)
