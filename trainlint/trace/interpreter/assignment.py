"""Binding values to names, attributes and items."""

from __future__ import annotations

import re
from collections.abc import Sequence

from trainlint.facts import ir
from trainlint.findings import Place
from trainlint.trace.events import (
    Accumulated,
    Assigned,
    AttributeSet,
    ParametersGiven,
    RateWritten,
    Reported,
    ZeroGrad,
)
from trainlint.trace.interpreter import averages, gradients, learning, numbering
from trainlint.trace.interpreter.attributes import set_field
from trainlint.trace.interpreter.iteration import element_of
from trainlint.trace.interpreter.library.persistence import report_restored
from trainlint.trace.interpreter.machine import Machine
from trainlint.trace.interpreter.naming import dealt_out, named
from trainlint.trace.interpreter.networks import is_network
from trainlint.trace.interpreter.sources import ELEMENT, as_sources, is_computed
from trainlint.trace.interpreter.tensors import changed_in_place, token, with_tokens
from trainlint.trace.merge import join, tokens_of
from trainlint.trace.scope import Scope
from trainlint.trace.tokens import (
    NONE,
    AccumulatedToken,
    LossToken,
    ModelToken,
    Tokens,
    holds,
    union,
)
from trainlint.trace.values import (
    Choice,
    Constant,
    Data,
    DictValue,
    Graph,
    Instance,
    Kind,
    Library,
    ListValue,
    TupleValue,
    Value,
    Wrapped,
)

__all__ = ["accumulated", "append", "assign", "extend", "named", "store_item"]

# What the settings of an unknown optimizer's parameters are called.
_GROUP_NAMES = frozenset("param_groups param_group params_group group groups pg g".split())
# What a loss is called.
_LOSS = re.compile(r"loss|err|nll|elbo|objective|penalty|bce|mse|(?<![a-z])(?:kl|ce)(?![a-z])", re.I)
# Switches that people turn in the code.
_SWITCH = re.compile(r"(?:^|_)(?:save|saving|load|resume|log|logging|plot|debug|verbose|pretrained)(?:_|$)", re.I)


def assign(m: Machine, target: ir.Expr, value: Value, scope: Scope) -> None:
    """Bind a value to a target, and take tuples apart."""
    if isinstance(target, ir.Name):
        value = named(m, value, target.id, m.place(target, scope))
        if scope.kind == "module" and isinstance(value, Constant) and not value.optional and not m.frames:
            # A person sets a module's constants: `SAVE = False` offers saving.
            value = Constant(value.value, optional=True)
        elif (
            isinstance(value, Constant) and isinstance(value.value, bool) and not m.frames and _SWITCH.search(target.id)
        ):
            # So they do a function's switch.
            value = Constant(value.value, optional=True)
        m.store.set(scope.home(target.id).names, target.id, value)
        _under_condition(m, target, value, scope)
    elif isinstance(target, ir.Attribute):
        _set_attribute(m, target, value, scope)
        _under_condition(m, target, value, scope)
    elif isinstance(target, ir.Subscript):
        _set_item(m, target, value, scope)
        _under_condition(m, target, value, scope)
    elif isinstance(target, ir.Sequence):
        _unpack(m, target.elements, value, scope)
    elif isinstance(target, ir.Starred):
        assign(m, target.value, value, scope)


def _under_condition(m: Machine, target: ir.Expr, value: Value, scope: Scope) -> None:
    if m.reads_checkpoints:
        report_restored(m, target, value, scope)
    for guard in m.guards:
        if guard.tokens:
            m.emit(Assigned(m.place(target, scope), m.words(target), value))
            return


def _unpack(m: Machine, targets: list[ir.Expr], value: Value, scope: Scope) -> None:
    parts = _parts(m, value, targets, scope)
    for target, part in zip(targets, parts, strict=True):
        assign(m, target, part, scope)


def _parts(m: Machine, value: Value, targets: list[ir.Expr], scope: Scope) -> list[Value]:
    count = len(targets)
    starred = next((i for i, target in enumerate(targets) if isinstance(target, ir.Starred)), None)
    elements: tuple[Value, ...] | None = None
    if isinstance(value, TupleValue):
        elements = value.elements
    elif isinstance(value, ListValue) and value.rest is None:
        elements = value.items
    elif isinstance(value, Choice):
        rows = [_parts(m, option, targets, scope) for option in _fitting(value.options, count, starred)]
        return [_joined(column) for column in zip(*rows, strict=True)]
    if elements is not None:
        if starred is None and len(elements) == count:
            return list(elements)
        if starred is not None and len(elements) >= count - 1:
            tail = count - starred - 1
            middle = ListValue(elements[starred : len(elements) - tail], None, None)
            return [*elements[:starred], middle, *(elements[len(elements) - tail :] if tail else ())]
    if isinstance(value, Library) and value.role in ("random_split", "split_parts"):
        return [Data(Kind.UNKNOWN, tokens_of(value)) for _ in targets]
    parts = [_one_of(m, value, scope) for _ in targets]
    if isinstance(value, Data) and (_is_of_unknown_code(value) or holds(value.tokens, LossToken)):
        # `loss, distance = critic_loss(...)`, `loss, scores = criterion(...)`: what is not called a loss may be a number.
        for target, part in zip(targets, parts, strict=True):
            if isinstance(part, Data) and not _LOSS.search(m.words(target)) and part.graph is Graph.ATTACHED:
                part.graph = Graph.UNKNOWN
    if isinstance(value, Data) and _is_of_unknown_code(value):
        return dealt_out(parts, [m.words(target) for target in targets])
    return parts


def _is_of_unknown_code(value: Data) -> bool:
    return (value.origin or "").startswith("call:") and value.kind is Kind.UNKNOWN


def _fitting(options: tuple[Value, ...], count: int, starred: int | None) -> Sequence[Value]:
    """The values that can be unpacked to so many targets: a tuple of another length is not what came here."""
    if starred is not None:
        return options
    fitting = [option for option in options if not isinstance(option, TupleValue) or len(option.elements) == count]
    return fitting or options


def _joined(column: tuple[Value, ...]) -> Value:
    result = column[0]
    for value in column[1:]:
        result = join(result, value)
    return result


def _one_of(m: Machine, value: Value, scope: Scope) -> Value:
    if isinstance(value, Data):
        return Data(
            value.kind if value.kind is not Kind.NUMBER else Kind.UNKNOWN,
            value.tokens,
            graph=value.graph,
            cut=value.cut,
            operations=value.operations,
            origin=ELEMENT if value.tokens and value.kind is Kind.UNKNOWN else None,
        )
    return element_of(m, value, None, ir.Pass(0, 0), scope)


def _set_attribute(m: Machine, target: ir.Attribute, value: Value, scope: Scope) -> None:
    owner = m.evaluate(m, target.value, scope)
    place = m.place(target, scope)
    value = named(m, value, target.attr, place)
    for option in owner.options if isinstance(owner, Choice) else (owner,):
        inner = m.unwrapped(option) if isinstance(option, Wrapped) else option
        if _is_configuration(inner) and isinstance(value, Constant):
            # Whoever runs the program may choose another value.
            value = Constant(value.value, optional=True)
        if isinstance(inner, Instance):
            m.store.set(inner.attributes, target.attr, value)
            _register(m, inner, value)
            m.emit(AttributeSet(place, inner, target.attr, value, _is_self(target.value)))
        elif isinstance(inner, Library):
            _set_library_attribute(m, inner, target, value, place)
        elif isinstance(inner, Data):
            _set_data_attribute(m, inner, target, value, place)


def _is_self(node: ir.Expr) -> bool:
    return isinstance(node, ir.Name) and node.id == "self"


def _is_configuration(owner: Value) -> bool:
    if isinstance(owner, Instance):
        return any(dotted.endswith(".CfgNode") for dotted in owner.cls.external_bases())
    return isinstance(owner, Library) and owner.role == "namespace"


def _set_library_attribute(m: Machine, owner: Library, target: ir.Attribute, value: Value, place: Place) -> None:
    if owner.role in ("element", "parameters") and target.attr == "grad" and _is_nothing(value):
        m.emit(ZeroGrad(place, owner.arguments.get("of"), "grad = None"))
    attributes = owner.state.get("attributes")
    if attributes is None:
        attributes = owner.state["attributes"] = {}
    m.store.set(attributes, target.attr, value)
    if is_network(owner) and is_network(value):
        # `model.fc = nn.Linear(...)`: a new head in a ready-made network.
        m.adopt(owner, value)
    if target.attr == "requires_grad" and isinstance(value, Constant) and value.value is False:
        m.store.set(owner.state, "frozen", True)
    if owner.role in ("element", "parameters") and target.attr in ("requires_grad", "data"):
        gradients.set_parameters(m, owner, target.attr, value, place)
    m.emit(AttributeSet(place, owner, target.attr, value, _is_self(target.value)))


def _is_nothing(value: Value) -> bool:
    """``p.grad = None``, or zeros: other gradients are put in place, not taken away."""
    if isinstance(value, Data):
        return value.origin is not None and value.origin.startswith("call:torch.zeros")
    return isinstance(value, Constant)


def _set_data_attribute(m: Machine, owner: Data, target: ir.Attribute, value: Value, place: Place) -> None:
    if target.attr == "grad" and _is_nothing(value):
        m.emit(ZeroGrad(place, None, "grad = None"))
    if owner.promoted is not None:
        _set_library_attribute(m, owner.promoted, target, value, place)
        return
    if target.attr == "requires_grad" and isinstance(value, Constant) and value.value is True:
        owner.graph = Graph.ATTACHED if owner.graph is Graph.DETACHED and not is_computed(owner) else owner.graph
    set_field(m, owner, target.attr, value)
    learning.put_back(m, owner, value)
    m.emit(AttributeSet(place, owner, target.attr, value, _is_self(target.value)))


def _register(m: Machine, owner: Instance, value: Value) -> None:
    """Modules assigned to attributes of a module are its parts."""
    if "module" not in owner.kinds:
        return
    for part in value.options if isinstance(value, Choice) else (value,):
        inner = m.unwrapped(part)
        if is_network(inner):
            m.adopt(owner, inner)
        elif isinstance(inner, Data):
            # Should it turn out to be a network when it is called, it is this one's part.
            m.shared["holder", id(inner)] = owner
            m.kept.append(inner)


def _set_item(m: Machine, target: ir.Subscript, value: Value, scope: Scope) -> None:
    container = m.evaluate(m, target.value, scope)
    index = m.evaluate(m, target.index, scope)
    store_item(m, container, index, value, m.place(target, scope))


def _encoded(m: Machine, index: Value, value: Value) -> Tokens:
    """`one_hot[rows, labels] = 1`: the data stands where the ones are."""
    if not isinstance(value, Constant) or isinstance(value.value, bool) or value.value != 1:
        return NONE
    parts = index.elements if isinstance(index, TupleValue) else (index,)
    return frozenset(source for part in parts for source in as_sources(m, part))


def store_item(m: Machine, container: Value, index: Value, value: Value, place: Place) -> None:
    """``container[index] = value``."""
    key = index.value if isinstance(index, Constant) else None
    if isinstance(container, DictValue | Data):
        value = numbering.stored(m, container, index, value, place)
    if isinstance(container, Choice):
        for option in container.options:
            store_item(m, option, index, value, place)
    elif isinstance(container, DictValue):
        if isinstance(key, str):
            value = named(m, value, key, place)
        spot = key if isinstance(index, Constant) else DictValue.REST
        if spot is DictValue.REST and spot in container.entries:
            value = join(container.entries[spot], value)
        m.store.set(container.entries, spot, value)
        _kept(m, value, place)
    elif isinstance(container, ListValue):
        rest = value if container.rest is None else join(container.rest, value)
        m.store.set(container.state, "rest", rest)
        _kept(m, value, place)
    elif isinstance(container, Data):
        if key == "lr" and container.name in _GROUP_NAMES:
            m.emit(RateWritten(place, value, None))
        averages.store(m, container, key, value)
        if isinstance(key, str) and container.promoted is None:
            set_field(m, container, key, value)
        changed_in_place(container)
        container.tokens = union(container.tokens, tokens_of(value), _encoded(m, index, value))
        if isinstance(value, Data) and value.graph is Graph.ATTACHED:
            container.graph, container.cut = Graph.ATTACHED, None
        _kept(m, value, place)
    elif isinstance(container, Library):
        if container.role == "param_group" and (key == "lr" or key is None):
            m.emit(RateWritten(place, value, container.arguments.get("of")))
        elif container.role == "param_group" and key == "params" and container.arguments.get("of") is not None:
            m.emit(ParametersGiven(place, container.arguments["of"], value))
        elif is_network(container) and is_network(value):
            m.adopt(container, value)
            m.emit(AttributeSet(place, container, str(key), value))
        _kept(m, value, place)


def _kept(m: Machine, value: Value, place: Place) -> None:
    tokens = tokens_of(value)
    if holds(tokens, (LossToken, ModelToken)):
        m.emit(Reported(place, tokens, "kept"))


def accumulated(
    m: Machine, into: str, before: Value | None, addend: Value, result: Value, how: str, place: Place
) -> Value:
    """Record that a loop adds to what is there, and mark the sum, so that it can be told what becomes of it."""
    if not m.frames or not isinstance(addend, Data):
        return result
    mark = token(m, AccumulatedToken, place)
    m.emit(Accumulated(place, addend, into, how, carried=bool(mark & tokens_of(before))))
    return with_tokens(result, mark) if is_computed(addend) else result


def append(m: Machine, target: ListValue, value: Value, place: Place) -> None:
    """``list.append(value)``: outside loops the list stays known element by element."""
    if (not m.frames and target.rest is None and len(target.items) < 64) or (
        m.frames and all(frame.loop.unrolled for frame in m.frames) and target.rest is None
    ):
        m.store.set(target.state, "items", (*target.items, value))
    else:
        rest = value if target.rest is None else join(target.rest, value)
        m.store.set(target.state, "rest", rest)
    _kept(m, value, place)


def extend(m: Machine, target: ListValue, value: Value, place: Place) -> None:
    """``list.extend(value)`` or ``list += value``."""
    if isinstance(value, ListValue | TupleValue):
        items = value.items if isinstance(value, ListValue) else value.elements
        for item in items:
            append(m, target, item, place)
        if isinstance(value, ListValue) and value.rest is not None:
            m.store.set(target.state, "rest", value.rest if target.rest is None else join(target.rest, value.rest))
    else:
        element = Data(Kind.UNKNOWN, tokens_of(value))
        m.store.set(target.state, "rest", element if target.rest is None else join(target.rest, element))
        _kept(m, value, place)
