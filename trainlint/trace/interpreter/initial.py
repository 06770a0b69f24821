"""Where parameters get their first values: ``nn.init``, and ``fill_`` and its like on weights."""

from __future__ import annotations

from trainlint.facts import ir
from trainlint.findings import Place
from trainlint.knowledge import lookup
from trainlint.knowledge.schema import Entry
from trainlint.trace.events import Initialised
from trainlint.trace.interpreter.machine import Arguments, Machine
from trainlint.trace.interpreter.networks import is_network, parts
from trainlint.trace.scope import Scope
from trainlint.trace.values import Constant, Data, Instance, Library, Value

METHODS = frozenset(
    "zero_ fill_ normal_ uniform_ bernoulli_ cauchy_ exponential_ geometric_ log_normal_ random_ trunc_normal_".split()
)
FIXED = {"zeros_": 0.0, "zero_": 0.0, "ones_": 1.0}
PARAMETER_ROLES = frozenset({"element", "parameters", "parameter_data"})


def by_function(m: Machine, dotted: str, entry: Entry, given: Arguments, node: ir.Node, scope: Scope) -> Value:
    """``nn.init.constant_(layer.weight, 0.1)``."""
    bound = given.bind(entry.params)
    _record(m, bound.get("tensor") or given.get(0), dotted, entry, bound, m.place(node, scope))
    return Data()


def by_method(m: Machine, receiver: Value, name: str, given: Arguments, node: ir.Node, scope: Scope) -> bool:
    """``layer.weight.data.fill_(0.1)``: whether it is one of these."""
    entry = lookup(f"torch.Tensor.{name}") if name in METHODS else None
    if entry is None or entry.role != "init":
        return False
    return _record(m, receiver, name, entry, given.bind(entry.params), m.place(node, scope))


def _record(m: Machine, target: Value | None, name: str, entry: Entry, bound: dict[str, Value], place: Place) -> bool:
    found = _owner(m, target)
    if found is None:
        return False
    owner, parameter = found
    network = owner.state.get("part_of") if isinstance(owner, Library) else None
    every = network is not None or parameter is None
    network = network if network is not None else owner
    constant = entry.traits.get("constant")
    value: float | None = None
    if constant is True:
        value = FIXED.get(name.rpartition(".")[2])
    elif constant:
        told = bound.get(str(constant))
        value = float(told.value) if isinstance(told, Constant) and isinstance(told.value, int | float) else None
    m.emit(Initialised(place, network, parameter, every, bool(constant), value, _layers(network) if constant else None))
    return True


def _owner(m: Machine, target: Value | None) -> tuple[Value, str | None] | None:
    """The layer or network that a tensor belongs to, and its name there (None: each of its parameters)."""
    if isinstance(target, Data):
        layer = m.shared.get(("layer", id(target)))
        return (layer, target.name) if layer is not None else None
    if isinstance(target, Library) and target.role in PARAMETER_ROLES:
        of = target.arguments.get("of")
        return (of, None) if of is not None and is_network(of) else None
    return None


def _layers(network: Value) -> tuple[int, int] | None:
    """How many linear and how many convolution layers a network is known to have; None where it may have others."""
    linear = convolution = 0
    for part in parts(network):
        if isinstance(part, Library):
            if part.role == "model" and part.state.get("part_of") is not network:
                return None
            # What a container repeats stands for any number.
            several = part.state.get("rest") is not None
            linear += several or part.trait("layer") == "linear"
            convolution += several or part.trait("layer") == "conv"
        elif isinstance(part, Instance) and (part.cls.has_unknown_base() or part.place is None):
            return None
    return linear, convolution
