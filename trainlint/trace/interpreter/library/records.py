"""Records: named tuples, and the functions of `dataclasses` on instances of data classes."""

from __future__ import annotations

from trainlint.facts import ir
from trainlint.trace.interpreter.attributes import class_attribute
from trainlint.trace.interpreter.library.persistence import copied
from trainlint.trace.interpreter.machine import Arguments, Machine
from trainlint.trace.merge import tokens_of
from trainlint.trace.scope import Scope
from trainlint.trace.tokens import union
from trainlint.trace.values import (
    Class,
    Constant,
    Data,
    DictValue,
    Function,
    Instance,
    Kind,
    Library,
    ListValue,
    TupleValue,
    Value,
)


def named_tuple(m: Machine, given: Arguments, node: ir.Node, scope: Scope) -> Value:
    """``namedtuple("Point", "x y")``: a class with these fields."""
    names = _field_names(given.get(1, "field_names"))
    title = given.get(0, "typename")
    if names is None or not isinstance(title, Constant):
        return Data()
    fields: list[ir.Statement] = [
        ir.AnnAssign(
            node.start, node.end, ir.Name(node.start, node.end, name), ir.Constant(node.start, node.end, None), None
        )
        for name in names
    ]
    written = ir.ClassDef(node.start, node.end, str(title.value), node.start, node.end, [], [], fields)
    made = Class(written, Scope("class", scope.path, scope), (), frozenset())
    m.kept.append(made)
    return made


def _field_names(value: Value | None) -> list[str] | None:
    if isinstance(value, Constant) and isinstance(value.value, str):
        return value.value.replace(",", " ").split()
    parts = value.items if isinstance(value, ListValue) else value.elements if isinstance(value, TupleValue) else ()
    names = [part.value for part in parts if isinstance(part, Constant) and isinstance(part.value, str)]
    return names if names and len(names) == len(parts) else None


def field(m: Machine, given: Arguments, node: ir.Node, scope: Scope) -> Value:
    """``field(default=0.1)``, ``field(default_factory=list)``: the default of a field."""
    factory = given.keywords.get("default_factory")
    if factory is not None:
        return m.call(m, factory, Arguments(), node, scope)
    return given.keywords.get("default") or Data(origin="option")


def replaced(m: Machine, given: Arguments, node: ir.Node, scope: Scope) -> Value:
    """``dataclasses.replace(config, lr=0.5)``: a copy with other fields."""
    original = given.get(0, "obj")
    if not isinstance(original, Instance):
        return Data(Kind.UNKNOWN, union(*(tokens_of(value) for value in given.all())))
    twin = copied(m, original, node, scope)
    assert isinstance(twin, Instance)
    twin.attributes.update(given.keywords)
    return twin


def as_dict(m: Machine, given: Arguments, node: ir.Node, scope: Scope) -> Value:
    """``dataclasses.asdict(config)``, ``vars(args)``."""
    original = given.get(0, "obj")
    if isinstance(original, Library) and original.role == "namespace":
        return DictValue(original.state.get("options", {}), m.place(node, scope))
    if not isinstance(original, Instance):
        return Data(Kind.UNKNOWN, union(*(tokens_of(value) for value in given.all())))
    entries = {}
    for cls in reversed(list(original.cls.lineage())):
        for name in cls.attributes:
            default = class_attribute(original.cls, name)
            if default is not None and not isinstance(default, Function) and not name.startswith("__"):
                entries[name] = Constant(default.value, optional=True) if isinstance(default, Constant) else default
    return DictValue({**entries, **original.attributes}, m.place(node, scope))
