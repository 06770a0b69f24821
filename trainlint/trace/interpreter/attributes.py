"""Looking up attributes in value context (``x = model.encoder``); calls of methods go through `methods`."""

from __future__ import annotations

from trainlint.facts import ir
from trainlint.knowledge.conventions import split_of_name
from trainlint.knowledge.schema import Entry
from trainlint.trace.interpreter import averages, gradients
from trainlint.trace.interpreter.imports import member
from trainlint.trace.interpreter.library import commands
from trainlint.trace.interpreter.machine import Arguments, Machine
from trainlint.trace.interpreter.networks import is_network, unknown_network
from trainlint.trace.interpreter.sources import derived, is_computed
from trainlint.trace.interpreter.tensors import SHAPES, detached, reshaped, token
from trainlint.trace.merge import choice, sources_of
from trainlint.trace.scope import Scope
from trainlint.trace.tokens import LossToken, ModelToken, WeightToken, holds, union
from trainlint.trace.values import (
    BoundMethod,
    Choice,
    Class,
    Constant,
    Data,
    DictValue,
    External,
    Function,
    Instance,
    Kind,
    Library,
    LibraryMethod,
    Member,
    ModuleValue,
    Super,
    TupleValue,
    Value,
    Wrapped,
)

# What a ready-made layer has beside further layers.
PLAIN_FIELDS = frozenset(
    "config device dtype weight bias hparams in_features out_features in_channels out_channels".split()
)
WRAPPED_NAMES = ("module", "_orig_mod", "_fsdp_wrapped_module", "model")
# The origin of attributes that nothing in the project sets: they are inherited, or set from elsewhere.
FIELD = "field"
LOSS_NAMES = frozenset({"loss", "losses"})


def get_attribute(m: Machine, base: Value, attr: str, node: ir.Node, scope: Scope) -> Value:
    """``base.attr``."""
    if isinstance(base, Choice):
        return choice([get_attribute(m, option, attr, node, scope) for option in base.options])
    if attr == "__dict__" and isinstance(base, ModuleValue | External):
        # `models.__dict__[args.arch]` is looked up as an attribute.
        return base
    if isinstance(base, ModuleValue):
        return _of_module(m, base, attr)
    if isinstance(base, External):
        return commands.flag(m, f"{base.dotted}.{attr}") or External(f"{base.dotted}.{attr}")
    if isinstance(base, Instance):
        return of_instance(m, base, attr, node, scope)
    if isinstance(base, Super):
        return of_super(m, base, attr)
    if isinstance(base, Class):
        return _of_class(base, attr)
    if isinstance(base, Wrapped):
        if attr in WRAPPED_NAMES[:3]:
            return base.inner
        return get_attribute(m, base.inner, attr, node, scope)
    if isinstance(base, Library):
        return of_library(m, base, attr, node, scope)
    if isinstance(base, Data):
        return of_data(m, base, attr, node, scope)
    if isinstance(base, DictValue):
        # Attribute dictionaries (`EasyDict`, `Box`) are used as objects.
        return base.entries.get(attr) or LibraryMethod(base, attr)
    if isinstance(base, Member) and attr in ("name", "value"):
        return base.held if attr == "value" else Constant(base.name)
    if isinstance(base, TupleValue) and attr in ("values", "indices") and len(base.elements) == 2:
        return base.elements[attr == "indices"]
    if isinstance(base, Function) and attr == "__name__":
        return Constant(base.name or "")
    return LibraryMethod(base, attr)


def _of_module(m: Machine, base: ModuleValue, attr: str) -> Value:
    value = member(m, base, attr)
    if isinstance(value, Data) and attr not in base.scope.names:
        m.store.set(base.scope.names, attr, value)
    return value


def class_attribute(cls: Class, attr: str) -> Value | None:
    for ancestor in cls.lineage():
        if attr in ancestor.attributes:
            return ancestor.attributes[attr]
    return None


def of_instance(m: Machine, base: Instance, attr: str, node: ir.Node, scope: Scope) -> Value:
    own = base.attributes.get(attr)
    if own is not None:
        return own
    found = class_attribute(base.cls, attr)
    if isinstance(found, Function):
        if "property" in found.traits or "setter" in found.traits:
            return m.call(m, BoundMethod(base, found), Arguments(), node, scope)
        if "staticmethod" in found.traits:
            return found
        return BoundMethod(base.cls if "classmethod" in found.traits else base, found)
    if isinstance(found, Constant) and not found.optional:
        return Constant(found.value, optional=True)
    if found is not None:
        return found
    if attr == "__class__":
        return base.cls
    if attr == "__dict__":
        return DictValue(base.attributes, base.place)
    if attr == "training" and "module" in base.kinds:
        mode = m.mode_of(base)
        # Rules ask how `self.training` was used, so it stays telling.
        return Data(Kind.NUMBER, name="training", origin=f"training:{mode}")
    if attr == "param_groups" and "optimizer" in base.kinds:
        return Library("<param_groups>", Entry("param_groups"), {"of": base}, base.place)
    if base.kinds:
        return LibraryMethod(base, attr) if attr in _METHODS else _unknown_field(m, base, attr)
    return _unknown_field(m, base, attr)


# Inherited methods that are handed around as values (`torch.compile(self.forward)` and the like).
_METHODS = frozenset("forward log log_dict train eval parameters state_dict to __call__".split())


def _unknown_field(m: Machine, base: Instance, attr: str) -> Value:
    value = Data(name=attr, origin=FIELD)
    m.store.set(base.attributes, attr, value)
    return value


def of_super(m: Machine, base: Super, attr: str) -> Value:
    receiver = base.receiver
    cls = receiver.cls if isinstance(receiver, Instance) else receiver
    passed = False
    if isinstance(cls, Class):
        for ancestor in cls.lineage():
            if passed and attr in ancestor.attributes:
                found = ancestor.attributes[attr]
                return BoundMethod(receiver, found) if isinstance(found, Function) else found
            passed = passed or ancestor is base.after
    return LibraryMethod(receiver, attr)


def _of_class(base: Class, attr: str) -> Value:
    found = class_attribute(base, attr)
    if isinstance(found, Function) and "classmethod" in found.traits:
        return BoundMethod(base, found)
    if isinstance(found, Constant) and not isinstance(found, Member):
        return Constant(found.value, optional=True)
    if found is not None:
        return found
    if attr == "__name__":
        return Constant(base.name or "")
    return Data(name=attr)


def of_library(m: Machine, base: Library, attr: str, node: ir.Node, scope: Scope) -> Value:
    """Attributes of library objects: those set by the program, then what their role is known to have."""
    attributes: dict[str, Value] = base.state.get("attributes", {})
    if attr in attributes:
        return attributes[attr]
    if base.role == "namespace":
        return _option(m, base, attr)
    if base.role == "optimizer" and attr == "param_groups":
        return Library("<param_groups>", Entry("param_groups"), {"of": base}, base.place)
    if base.role in ("loader", "subset") and attr == "dataset":
        return base.arguments.get(base.parameter("dataset")) or Data(name=attr)
    if base.role in ("loader", "dataset", "subset") and attr in base.arguments:
        return base.arguments[attr]
    if base.role in ("element", "parameters"):
        return _of_parameter(m, base, attr, node, scope)
    if attr in base.arguments and base.role not in ("module", "container"):
        return base.arguments[attr]
    if is_network(base):
        return _part(m, base, attr)
    if base.source is not None:
        return of_data(m, Data(Kind.UNKNOWN, frozenset((base.source,)), name=base.name), attr, node, scope)
    if base.role == "framework":
        if (base.trait("methods") or {}).get(attr) == "handlers":
            return LibraryMethod(base, attr)  # a decorator, told by what it is a method of
        value = Data(name=attr, origin=f"framework:{attr}")
    else:
        value = Data(name=attr)
    _remember(m, base, attr, value)
    return value


def _remember(m: Machine, base: Library, attr: str, value: Value) -> None:
    if "attributes" not in base.state:
        base.state["attributes"] = {}
    m.store.set(base.state["attributes"], attr, value)


def _option(m: Machine, base: Library, attr: str) -> Value:
    options: dict[str, Value] = base.state.get("options", {})
    value = options.get(attr)
    if value is None:
        value = Data(name=attr, origin="option")
        _remember(m, base, attr, value)
    return value


def _of_parameter(m: Machine, base: Library, attr: str, node: ir.Node, scope: Scope) -> Value:
    if attr == "grad":
        gradients.read(m, base.arguments.get("of"), m.place(node, scope))
    if attr in ("grad", "data"):
        return Library(f"<{attr}>", Entry(f"parameter_{attr}"), {"of": base.arguments.get("of", base)}, base.place)
    return Data(name=attr)


def _part(m: Machine, base: Library, attr: str) -> Value:
    """A layer inside a ready-made network: a network of its own, of unknown content."""
    if attr == "training":
        return Data(Kind.NUMBER, name=attr)
    if attr == "weight":
        value: Value = Data(Kind.TENSOR, frozenset((WeightToken(),)), name=attr)
    elif attr.startswith("__") or attr in PLAIN_FIELDS:
        value = Data(name=attr)
    else:
        value = unknown_network(base.place)
        value.name = attr
        # It may be anything else that the network keeps, too (`net.tokens`).
        value.state["supposed"] = attr not in WRAPPED_NAMES
        m.adopt(base, value)
    if attr in ("weight", "bias"):
        m.shared["layer", id(value)] = base
        m.kept.append(value)
    _remember(m, base, attr, value)
    return value


def of_data(m: Machine, base: Data, attr: str, node: ir.Node, scope: Scope) -> Value:
    if base.promoted is not None and attr not in ("data", "grad"):
        return of_library(m, base.promoted, attr, node, scope)
    if attr == "data" and ("layer", id(base)) in m.shared:
        return base
    if attr == "data" and base.kind is not Kind.UNKNOWN:
        return detached(base, m.place(node, scope))
    if attr == "data" and holds(base.tokens, (ModelToken, LossToken)):
        return detached(base, m.place(node, scope))
    if attr == "dtype" and base.dtype is not None:
        return Data(Kind.NUMBER, name=attr, origin=f"dtype:{base.dtype}")
    if attr in SHAPES:
        size = averages.size_of(m, base) if attr == "shape" else None
        return Data(Kind.NUMBER, name=attr, origin="shape", reduction=size and "shape")
    if attr == "grad":
        gradients.read(m, None, m.place(node, scope))
        return Library("<grad>", Entry("parameter_grad"), {}, None)
    if attr in LOSS_NAMES and base.tokens:
        result = reshaped(base)
        result.operations, result.name = (), attr
        result.tokens = union(base.tokens, token(m, LossToken, m.place(node, scope)))
        if base.reduction is None and averages.gives_mean_loss(base):
            result.reduction = "mean"
        return result
    return field(m, base, attr, node, scope)


def field(m: Machine, base: Data, name: str, node: ir.Node, scope: Scope) -> Value:
    """A named part of unknown data: ``data.test_mask``, ``cfg.model``, ``splits["val"]``. Its name may tell its split."""
    known = m.shared.get(("fields", id(base)))
    if known is not None and name in known:
        found: Value = known[name]
        return found
    split = split_of_name(name)
    if base.tokens and (split is None or is_computed(base)):
        result = reshaped(base)
        result.name = name
        return result
    value = Data(Kind.UNKNOWN, base.tokens, graph=base.graph, name=name)
    if base.tokens and split is not None:
        sources = sources_of(base)
        if sources:
            part = derived(sources, name, m.place(node, scope), "field", split)
            value.tokens = frozenset((part,))
    if known is None:
        known = m.shared["fields", id(base)] = {}
        m.kept.append(base)
    known[name] = value
    return value


def set_field(m: Machine, base: Data, name: str, value: Value) -> None:
    """``unknown.name = value`` is remembered, so that a configuration object can be filled and read."""
    known = m.shared.setdefault(("fields", id(base)), {})
    m.kept.append(base)
    m.store.set(known, name, value)


__all__ = ["class_attribute", "field", "get_attribute", "of_super", "set_field"]
