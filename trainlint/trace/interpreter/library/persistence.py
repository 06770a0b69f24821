"""Saving, loading, and copies of state."""

from __future__ import annotations

from dataclasses import replace

from trainlint.facts import ir
from trainlint.knowledge.schema import Entry
from trainlint.trace.events import Loaded, Saved
from trainlint.trace.interpreter.library.contents import holds
from trainlint.trace.interpreter.machine import Arguments, Machine
from trainlint.trace.interpreter.networks import is_network
from trainlint.trace.merge import tokens_of
from trainlint.trace.scope import Scope
from trainlint.trace.values import Choice, Data, DictValue, Instance, Library, Value, Wrapped

STATE = Entry("state")


def save(m: Machine, dotted: str, entry: Entry, given: Arguments, node: ir.Node, scope: Scope) -> Value:
    bound = given.bind(entry.params)
    value = bound.get(str(entry.traits.get("object") or "obj")) or given.get(0)
    m.emit(Saved(m.place(node, scope), value, holds(value), dotted, tokens_of(value)))
    return Data()


def load(m: Machine, dotted: str, entry: Entry, given: Arguments, node: ir.Node, scope: Scope) -> Value:
    made = Library(dotted, replace(entry, role="checkpoint"), given.bind(entry.params), m.place(node, scope))
    m.emit(Loaded(m.place(node, scope), None, made, dotted))
    return made


def state_of(m: Machine, owner: Value, node: ir.Node, scope: Scope) -> Library:
    """``owner.state_dict()``: the live state, not a copy."""
    return Library("<state_dict>", STATE, {"of": owner}, m.place(node, scope))


def copy(m: Machine, dotted: str, entry: Entry, given: Arguments, node: ir.Node, scope: Scope) -> Value:
    value = given.get(0, "x")
    if value is None:
        return Data()
    if isinstance(value, Choice):
        return Choice(tuple(copied(m, option, node, scope) for option in value.options))
    return copied(m, value, node, scope)


def copied(m: Machine, value: Value, node: ir.Node, scope: Scope) -> Value:
    """A deep copy: another network with the same parts, or a state that no longer changes."""
    if isinstance(value, Wrapped):
        return Wrapped(copied(m, value.inner, node, scope), value.kind, value.dotted, value.place)
    if isinstance(value, Instance):
        twin = Instance(value.cls, m.place(node, scope), value.kinds)
        twin.attributes = dict(value.attributes)
        twin.source, twin.tokens = value.source, value.tokens
        m.kept.append(twin)
        if is_network(value):
            m.switch(twin, m.mode_of(value))
            for name, part in value.attributes.items():
                if is_network(part):
                    twin.attributes[name] = copied(m, part, node, scope)
                    m.adopt(twin, m.unwrapped(twin.attributes[name]))
        return twin
    if isinstance(value, Library):
        duplicate = Library(value.dotted, value.entry, value.arguments, m.place(node, scope))
        duplicate.state = {**value.state, "copied": True}
        duplicate.source = value.source
        if is_network(value):
            m.kept.append(duplicate)
            m.switch(duplicate, m.mode_of(value))
        return duplicate
    if isinstance(value, DictValue):
        return DictValue({key: copied(m, entry, node, scope) for key, entry in value.entries.items()}, value.place)
    return value
