"""Calls: project functions are followed with their arguments, classes made, networks applied."""

from __future__ import annotations

import re

from trainlint.facts import ir
from trainlint.findings import Place
from trainlint.knowledge.conventions import split_of_name
from trainlint.trace.callables import called_names
from trainlint.trace.events import Call, Forward, Made
from trainlint.trace.interpreter import batch_metrics, definitions
from trainlint.trace.interpreter.attributes import FIELD, class_attribute, get_attribute, of_super
from trainlint.trace.interpreter.library import external, objects, unknown
from trainlint.trace.interpreter.library.splits import split_of_arguments
from trainlint.trace.interpreter.machine import Activation, Arguments, Machine
from trainlint.trace.interpreter.methods import call_method
from trainlint.trace.interpreter.sources import as_sources
from trainlint.trace.interpreter.tensors import model_token, with_tokens
from trainlint.trace.merge import choice, join, tokens_of
from trainlint.trace.scope import Scope
from trainlint.trace.store import Delta
from trainlint.trace.tokens import HELD_OUT, Source, union
from trainlint.trace.values import (
    BoundMethod,
    Choice,
    Class,
    Constant,
    Data,
    DictValue,
    External,
    Function,
    GeneratorValue,
    Graph,
    Instance,
    Kind,
    Library,
    LibraryMethod,
    ListValue,
    ModuleValue,
    Partial,
    Super,
    TupleValue,
    Value,
    Wrapped,
)

NOTHING = Delta({})
# What a method that steers a training or an evaluation names.
STEERING = frozenset("backward step zero_grad fit train eval no_grad inference_mode optimizer state_dict save".split())
# What these do is known of every optimizer: the arithmetic of a project's own is not walked.
OPTIMIZER_METHODS = frozenset({"step", "first_step", "second_step", "zero_grad", "train", "eval"})


# What data sets call the indices of their samples.
_INDICES = re.compile(r"(?:^|_)(?:idx|idxs|ids|indices|index|indexes)(?:_|$)", re.I)


def call(m: Machine, callee: Value, given: Arguments, node: ir.Node, scope: Scope) -> Value:
    """``callee(*given)``."""
    if isinstance(callee, Function):
        return invoke(m, callee, given, node, scope)
    if isinstance(callee, BoundMethod) and callee.function.name == "__len__":
        return call(m, External("builtins.len"), Arguments([callee.receiver]), node, scope)
    if isinstance(callee, BoundMethod):
        bound = Arguments(
            [callee.receiver, *given.positional],
            given.keywords,
            open_positional=given.open_positional,
            open_keywords=given.open_keywords,
        )
        return invoke(m, callee.function, bound, node, scope)
    if isinstance(callee, Class):
        return instantiate(m, callee, given, node, scope)
    if isinstance(callee, External):
        return external.call_external(m, callee.dotted, given, node, scope)
    if isinstance(callee, Instance):
        return call_instance(m, callee, given, node, scope)
    if isinstance(callee, Library):
        return objects.call_object(m, callee, given, node, scope)
    if isinstance(callee, Wrapped):
        return call(m, callee.inner, given, node, scope)
    if isinstance(callee, LibraryMethod):
        return m.method(m, callee.receiver, callee.method, given, node, scope)
    if isinstance(callee, Partial):
        merged = Arguments(
            [*callee.positional, *given.positional],
            {**callee.keywords, **given.keywords},
            open_positional=given.open_positional,
            open_keywords=given.open_keywords,
        )
        return call(m, callee.function, merged, node, scope)
    if isinstance(callee, Choice):
        return choice([call(m, option, given, node, scope) for option in _different(m, callee.options)])
    if isinstance(callee, Data):
        return unknown.call_unknown(m, callee, given, node, scope)
    return unknown.unknown_call(m, "?", given, node, scope)


def _different(m: Machine, options: tuple[Value, ...]) -> list[Value]:
    """Callables of which one is called, without those that are the same code made twice: a closure, and the one kept before."""
    found: dict[int, Value] = {}
    for option in options:
        inner = m.unwrapped(option)
        found.setdefault(id(inner.node if isinstance(inner, Function) else option), option)
    return list(found.values())


# Following a function


def invoke(m: Machine, function: Function, given: Arguments, node: ir.Node, scope: Scope) -> Value:
    """Walk a project function with these arguments."""
    body = function.node
    if not m.may_follow(function.wraps or body):
        return unknown.unknown_call(m, function.name or "?", given, node, scope)
    inner = Scope("function", function.closure.path, function.closure)
    _bind(m, function, given, inner)
    m.entered.add(id(body))
    if "generator" in function.traits:
        return GeneratorValue(function, inner)
    place = m.place(node, scope)
    return batch_metrics.of_project(m, function.name, run_function(m, function, inner, place), given, place)


def run_function(
    m: Machine, function: Function, inner: Scope, place: Place, generator: GeneratorValue | None = None
) -> Value:
    """Walk a function whose parameters are bound, and give what it returns (or, as a generator, yields)."""
    body = function.node
    activation = Activation(function, inner, at_yield=generator.at_yield if generator is not None else None)
    definition = Place(function.closure.path, body.start, body.end)
    m.activations.append(activation)
    m.calls.append(Call(place, function.name or "?", definition))
    m.stack_nodes.append(id(function.wraps or body))
    gradients = m.flags.get("gradients")
    switched = function.traits & {"no_grad", "enable_grad"}
    guards = len(m.guards)
    try:
        if switched:
            m.store.set(m.flags, "gradients", "enable_grad" in switched)
        if isinstance(body, ir.Lambda):
            return m.evaluate(m, body.body, inner)
        m.execute(m, body.body, inner)
        for delta in activation.returned:
            m.store.merge(delta, NOTHING)
    finally:
        del m.guards[guards:]
        if switched:
            m.store.set(m.flags, "gradients", gradients)
        m.stack_nodes.pop()
        m.calls.pop()
        m.activations.pop()
    result = _one(activation.yields if generator is not None else activation.returns)
    return _by_default(result) if activation.offers else result


def _by_default(value: Value) -> Value:
    """What a function returns on its default path, where an option leads to something else."""
    if isinstance(value, TupleValue):
        return TupleValue(tuple(map(_by_default, value.elements)))
    return Constant(value.value, optional=True) if isinstance(value, Constant) else value


def _one(values: list[Value]) -> Value:
    if not values:
        return Constant(None)
    # An early `return None` is the way out of trouble, not what the caller counts on.
    telling = [value for value in values if not (isinstance(value, Constant) and value.value is None)] or values
    result = telling[0]
    for value in telling[1:]:
        result = join(result, value)
    return result


def _bind(m: Machine, function: Function, given: Arguments, inner: Scope) -> None:
    positional = list(given.positional)
    keywords = dict(given.keywords)
    spread = keywords.pop("**", None)
    for parameter, default in zip(function.node.params, function.defaults, strict=True):
        if parameter.kind == "args":
            value: Value = (
                TupleValue(tuple(positional)) if not given.open_positional else ListValue(positional, None, None)
            )
            positional = []
        elif parameter.kind == "kwargs":
            value = DictValue(keywords, None)
            if given.open_keywords:
                value.entries[DictValue.REST] = spread or Data()
            keywords = {}
        elif parameter.kind == "positional" and positional:
            value = positional.pop(0)
        elif parameter.name in keywords:
            value = keywords.pop(parameter.name)
        elif default is not None and not (given.open_keywords and isinstance(default, Constant)):
            value = default
        else:
            value = Data(Kind.UNKNOWN, tokens_of(spread), name=parameter.name)
        bind_parameter(m, inner, parameter, value, function)


def bind_parameter(m: Machine, inner: Scope, parameter: ir.Parameter, value: Value, function: Function) -> None:
    """A parameter's name and annotation tell what an unknown argument is."""
    if isinstance(value, Data) and value.name is None:
        value.name = parameter.name
    value = definitions.hinted(m, value, parameter.annotation, function.closure)
    inner.names[parameter.name] = value


def iterate_generator(m: Machine, value: Value, node: ir.Node, scope: Scope) -> Value:
    """What a generator yields: its body is walked where it is iterated."""
    if not isinstance(value, GeneratorValue):
        return Data()
    return run_function(m, value.function, value.scope, m.place(node, scope), value)


# Making instances


def instantiate(m: Machine, cls: Class, given: Arguments, node: ir.Node, scope: Scope) -> Value:
    """``Class(...)``: walk ``__init__``."""
    kinds = definitions.kinds_of(cls)
    place = m.place(node, scope)
    made = Instance(cls, place, kinds)
    made.given = tuple(given.all())
    m.kept.append(made)
    init = class_attribute(cls, "__init__")
    if "enum" in kinds:
        return Data(Kind.UNKNOWN, name=cls.name)
    if isinstance(init, Function):
        call(m, BoundMethod(made, init), given, node, scope)
    elif "framework" in kinds:
        call_method(m, made, "__init__", given, node, scope)
    else:
        _fields(m, made, given)
    if kinds & {"dataset", "iterable_dataset"} or _yields(cls):
        _make_source(m, made, init, given, place)
        m.emit(Made(place, made, "dataset"))
    if "module" in kinds:
        m.emit(Made(place, made, "module"))
    elif "optimizer" in kinds or "scheduler" in kinds:
        m.emit(Made(place, made, "optimizer" if "optimizer" in kinds else "scheduler"))
    if not isinstance(init, Function) and cls.has_unknown_base():
        unknown.escape(m, cls.name or "?", given, node, scope)
    return made


def _yields(cls: Class) -> bool:
    return any("__getitem__" in c.attributes and "__len__" in c.attributes for c in cls.lineage())


def _fields(m: Machine, made: Instance, given: Arguments) -> None:
    """Data classes, named tuples and configuration classes: their fields are the arguments."""
    names: list[str] = []
    for cls in reversed(list(made.cls.lineage())):
        for statement in cls.node.body:
            if isinstance(statement, ir.AnnAssign) and isinstance(statement.target, ir.Name):
                if statement.target.id not in names:
                    names.append(statement.target.id)
    bound = given.bind(tuple(names))
    for name in names:
        if name in bound:
            made.attributes[name] = bound[name]
        elif given.open_keywords:
            # `Config(**yaml)`: what the file says stands above the defaults.
            made.attributes[name] = Data(name=name)
        elif given.open_positional:
            # `Transition(*zip(*batch))`
            made.attributes[name] = Data(Kind.UNKNOWN, union(*(tokens_of(value) for value in given.all())), name=name)


def _make_source(m: Machine, made: Instance, init: Value | None, given: Arguments, place: Place) -> None:
    params: tuple[str, ...] = ()
    if isinstance(init, Function):
        params = tuple(parameter.name for parameter in init.node.params[1:])
    made.arguments = given.bind(params)
    split, certain = split_of_arguments(made.arguments, given)
    parents = [token for value in given.all() for token in tokens_of(value) if isinstance(token, Source)]
    told = {parent.split for parent in parents}
    if split == "train" and len(told) == 1 and told.issubset(HELD_OUT):
        # The rows are held out, though all files lie in one folder (`Leaves(valid_frame, "train_images")`).
        split, certain = None, False
    if split is None and told == {"train"}:
        split = _split_of_indices(made.arguments)
    if not certain and not parents:
        split = split_of_name(made.cls.name or "") or split
    if split is None and parents:
        splits = {parent.split for parent in parents}
        split = splits.pop() if len(splits) == 1 else None
    made.source = Source(made.cls.name or "data", place, split or "unknown", certain=certain, parents=tuple(parents))
    made.source.maker = made


def _split_of_indices(arguments: dict[str, Value]) -> str | None:
    """Which part of training data a data set holds by the indices that it is given: ``Part(train_set, idxs_test)``."""
    for name, value in arguments.items():
        if _INDICES.search(name) and isinstance(value, Data) and value.name is not None:
            split = split_of_name(value.name)
            if split in HELD_OUT:
                return split
    return None


# Applying networks


def call_instance(m: Machine, instance: Instance, given: Arguments, node: ir.Node, scope: Scope) -> Value:
    """``instance(...)``: ``__call__``, or ``forward`` of a module."""
    own = class_attribute(instance.cls, "__call__")
    if isinstance(own, Function):
        result = call(m, BoundMethod(instance, own), given, node, scope)
        return result if "module" not in instance.kinds else applied(m, instance, given, result, node, scope)
    if "module" not in instance.kinds:
        return unknown.unknown_call(m, instance.cls.name or "?", given, node, scope, receiver=instance)
    return forward(m, instance, given, node, scope)


def forward(m: Machine, instance: Instance, given: Arguments, node: ir.Node, scope: Scope) -> Value:
    """The forward pass of a project module."""
    method = class_attribute(instance.cls, "forward")
    if not m.in_forward:
        for value in given.all():
            as_sources(m, value)
    if not isinstance(method, Function):
        result: Value = Data(
            Kind.TENSOR,
            union(*(tokens_of(value) for value in given.all())),
            graph=_graph(m.flags.get("gradients")),
            name=None,
        )
        return applied(m, instance, given, result, node, scope)
    m.in_forward += 1
    try:
        result = call(m, BoundMethod(instance, method), given, node, scope)
    finally:
        m.in_forward -= 1
    if not m.in_forward and isinstance(result, Data) and _is_to_be_written(method.node.body):
        result = Data(result.kind, result.tokens, graph=_graph(m.flags.get("gradients")))
    return applied(m, instance, given, result, node, scope, method=method)


def _is_to_be_written(body: list[ir.Statement] | ir.Expr) -> bool:
    """Whether a network's forward pass gives back its input, as in an exercise: its layers are still to come."""
    statements = [part for part in body if not isinstance(part, ir.ExprStatement)] if isinstance(body, list) else []
    last = statements[0] if len(statements) == 1 else None
    return isinstance(last, ir.Return) and isinstance(last.value, ir.Name)


def _gradients(m: Machine, method: Value | None) -> bool | None:
    """Whether gradients are recorded in a method: its decorator decides, else where it is called."""
    function = method.function if isinstance(method, BoundMethod) else method
    switched = function.traits & {"no_grad", "enable_grad"} if isinstance(function, Function) else frozenset[str]()
    return "enable_grad" in switched if switched else m.flags.get("gradients")


def _graph(gradients: bool | None) -> Graph:
    return Graph.ATTACHED if gradients else Graph.DETACHED if gradients is False else Graph.UNKNOWN


def applied(
    m: Machine,
    model: Value,
    given: Arguments,
    result: Value,
    node: ir.Node,
    scope: Scope,
    mode: str | None = None,
    method: Value | None = None,
) -> Value:
    """Record a forward pass (by a ``method``), and mark its result as having gone through the network."""
    inner = m.unwrapped(model)
    m.applications += 1
    outermost = m.in_forward == 0
    tokens = union(*(tokens_of(value) for value in given.all()))
    gradients = _gradients(m, method)
    if outermost:
        result = with_tokens(result, model_token(m, inner), _graph(gradients))
    m.emit(
        Forward(
            m.place(node, scope),
            inner,
            tokens,
            mode or m.mode_of(inner),
            gradients,
            tokens_of(result),
            outermost,
            tuple(given.all()),
        )
    )
    return result


def dispatch_method(m: Machine, receiver: Value, name: str, given: Arguments, node: ir.Node, scope: Scope) -> Value:
    """``receiver.name(...)``: project methods are followed, others are known by the receiver's role."""
    if isinstance(receiver, Choice):
        return choice([dispatch_method(m, option, name, given, node, scope) for option in receiver.options])
    if isinstance(receiver, External):
        return external.call_external(m, f"{receiver.dotted}.{name}", given, node, scope)
    if isinstance(receiver, ModuleValue | Class):
        return call(m, get_attribute(m, receiver, name, node, scope), given, node, scope)
    if isinstance(receiver, Super):
        found = of_super(m, receiver, name)
        if isinstance(found, LibraryMethod):
            return call_method(m, found.receiver, name, given, node, scope)
        return call(m, found, given, node, scope)
    if isinstance(receiver, Instance):
        return _instance_method(m, receiver, name, given, node, scope)
    if isinstance(receiver, Wrapped):
        return dispatch_method(m, receiver.inner, name, given, node, scope)
    return call_method(m, receiver, name, given, node, scope)


def _instance_method(m: Machine, receiver: Instance, name: str, given: Arguments, node: ir.Node, scope: Scope) -> Value:
    if "optimizer" in receiver.kinds and name in OPTIMIZER_METHODS:
        return call_method(m, receiver, name, given, node, scope)
    own = receiver.attributes.get(name)
    if own is not None and not (
        isinstance(own, Data) and own.promoted is None and own.origin == FIELD and receiver.kinds
    ):
        return call(m, own, given, node, scope)
    found = class_attribute(receiver.cls, name)
    if found is not None:
        if isinstance(found, Function) and name == "forward" and "module" in receiver.kinds:
            return forward(m, receiver, given, node, scope)
        method = get_attribute(m, receiver, name, node, scope)
        if _is_application(m, receiver, method):
            return _apply_method(m, receiver, method, given, node, scope)
        return call(m, method, given, node, scope)
    return call_method(m, receiver, name, given, node, scope)


def _is_application(m: Machine, receiver: Instance, method: Value) -> bool:
    """Whether a method is another way through the network (``model.encode(x)``), rather than one that trains it."""
    if "module" not in receiver.kinds or m.in_forward or not isinstance(method, BoundMethod):
        return False
    written = method.function.wraps or method.function.node
    if receiver.kinds & {"lightning_module", "framework"} or not isinstance(written, ir.FunctionDef):
        return False
    return not _steers(receiver, written)


def _steers(receiver: Instance, written: ir.FunctionDef, hops: int = 2) -> bool:
    """Whether a method of a network trains or evaluates it, or leaves that to another one of its methods."""
    names = called_names(written)
    if names & STEERING:
        return True
    for name in sorted(names) if hops else ():
        method = class_attribute(receiver.cls, name)
        own = (method.wraps or method.node) if isinstance(method, Function) else None
        if isinstance(own, ir.FunctionDef) and name != "forward" and _steers(receiver, own, hops - 1):
            return True
    return False


def _apply_method(
    m: Machine, receiver: Instance, method: Value, given: Arguments, node: ir.Node, scope: Scope
) -> Value:
    """Walk a method of a network; if layers are applied in it, the network is."""
    before, applications = len(m.events), m.applications
    for value in given.all():
        as_sources(m, value)
    m.in_forward += 1
    try:
        result = call(m, method, given, node, scope)
    finally:
        m.in_forward -= 1
    if m.applications == applications:
        return result
    inside = [event for event in m.events[before:] if isinstance(event, Forward)]
    # A search around a network (`Translator`) is as the network is, which it may have switched itself.
    modes = [event.mode for event in inside]
    told = next((mode for mode in modes if mode != "unknown"), None)
    if modes and told is None:
        # Layers of which nothing is known are as the module that holds them, once that was switched.
        told = "eval" if m.mode_of(receiver) == "eval" else "unknown"
    return applied(m, receiver, given, result, node, scope, told, method)
