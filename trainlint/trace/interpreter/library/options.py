"""Command-line options: their defaults are constants that a person may change."""

from __future__ import annotations

from trainlint.facts import ir
from trainlint.knowledge.schema import Entry
from trainlint.trace.events import OptionDeclared
from trainlint.trace.interpreter.library.commands import configuration, declare, from_classes, optional
from trainlint.trace.interpreter.machine import Arguments, Machine
from trainlint.trace.scope import Scope
from trainlint.trace.values import Constant, Data, External, Library, ListValue, TupleValue, Value

NAMESPACE = Entry("namespace")


def make(m: Machine, dotted: str, entry: Entry, given: Arguments, node: ir.Node, scope: Scope) -> Value:
    made = Library(dotted, entry, given.bind(entry.params), m.place(node, scope))
    made.state["options"] = {}
    if entry.traits.get("kind") == "omegaconf":
        return configuration(m, dotted, given, node, scope) or made
    declare(m, made, given)
    parents = given.keywords.get("parents")
    if isinstance(parents, ListValue):
        for parent in parents.items:
            if isinstance(parent, Library):
                made.state["options"].update(parent.state.get("options", {}))
    return made


def parser_method(m: Machine, receiver: Value, name: str, given: Arguments, node: ir.Node, scope: Scope) -> Value:
    """``add_argument``, ``parse_args`` and what else an argument parser offers."""
    state = receiver.state if isinstance(receiver, Library) else m.shared.setdefault(("parser", id(receiver)), {})
    options: dict[str, Value] = state.setdefault("options", {})
    if name in ("add_argument", "add_arg"):
        # jsonargparse reads values as a type; others call it on the text.
        calls_type = not (isinstance(receiver, Library) and receiver.trait("kind") == "jsonargparse")
        _add(m, options, given, node, scope, calls_type)
        return Data()
    if name in ("add_argument_group", "add_mutually_exclusive_group"):
        return receiver
    if name == "add_subparsers":
        return receiver
    if name == "add_parser":
        return receiver
    if name == "set_defaults":
        for key, value in given.keywords.items():
            m.store.set(options, key, optional(value))
        return Data()
    if name in ("parse_args", "parse_intermixed_args", "parse"):
        return _namespace(m, options, node, scope)
    if name == "parse_known_args":
        return TupleValue((_namespace(m, options, node, scope), Data()))
    if name == "parse_args_into_dataclasses":
        return from_classes(
            m, receiver.arguments.get("dataclass_types") if isinstance(receiver, Library) else None, node, scope
        )
    return Data()


def _namespace(m: Machine, options: dict[str, Value], node: ir.Node, scope: Scope) -> Library:
    made = Library("argparse.Namespace", NAMESPACE, {}, m.place(node, scope))
    made.state["options"] = options
    return made


def _add(
    m: Machine, options: dict[str, Value], given: Arguments, node: ir.Node, scope: Scope, calls_type: bool
) -> None:
    flags = [value.value for value in given.positional if isinstance(value, Constant) and isinstance(value.value, str)]
    dest = given.keywords.get("dest")
    if isinstance(dest, Constant) and isinstance(dest.value, str):
        name = dest.value
    else:
        long = [flag for flag in flags if flag.startswith("--")] or flags
        if not long:
            return
        name = long[0].lstrip("-").replace("-", "_")
    value = _default(given)
    kind = given.keywords.get("type")
    m.emit(OptionDeclared(m.place(node, scope), name, kind if calls_type else None))
    if isinstance(kind, External) and isinstance(value, Constant) and kind.dotted == "builtins.float":
        if isinstance(value.value, int | str) and not isinstance(value.value, bool):
            value = _number(value)
    m.store.set(options, name, value)


def _number(value: Constant) -> Value:
    try:
        return Constant(float(value.value or 0), optional=True)
    except ValueError:
        return Data()


def _default(given: Arguments) -> Value:
    action = given.keywords.get("action")
    default = given.keywords.get("default")
    if default is not None:
        return optional(default)
    if isinstance(action, Constant):
        if action.value == "store_true":
            return Constant(False, optional=True)
        if action.value == "store_false":
            return Constant(True, optional=True)
        if action.value == "count":
            return Data()
    required = given.keywords.get("required")
    positional = any(
        isinstance(v, Constant) and isinstance(v.value, str) and not v.value.startswith("-") for v in given.positional
    )
    if positional or (isinstance(required, Constant) and required.value):
        return Data(origin="option")
    return Constant(None, optional=True)
