"""Saving, loading, and copies of state."""

from __future__ import annotations

import re
from dataclasses import replace

from trainlint.facts import ir
from trainlint.knowledge.schema import Entry
from trainlint.trace.events import Loaded, Made, Restored, Saved
from trainlint.trace.interpreter.library.contents import holds
from trainlint.trace.interpreter.library.paths import file_names
from trainlint.trace.interpreter.machine import Arguments, Machine
from trainlint.trace.interpreter.networks import is_network
from trainlint.trace.merge import options_of, tokens_of
from trainlint.trace.scope import Scope
from trainlint.trace.tokens import RestoredToken
from trainlint.trace.values import (
    Choice,
    Constant,
    Data,
    DictValue,
    Instance,
    Kind,
    Library,
    TupleValue,
    Value,
    Wrapped,
)

STATE = Entry("state")
# What a checkpoint holds beside the weights: numbers, and the state of what trains and watches.
_BESIDE = re.compile(
    r"epoch|step|iter|best|acc|loss|score|metric|monitor|record|psnr|miou|m?ap$|f1|auc|error|perplexity|ppl|(?:^|_)(?:max|min|val)"
    r"|histor|result|stop|optim|sched",
    re.I,
)


def save(m: Machine, dotted: str, entry: Entry, given: Arguments, node: ir.Node, scope: Scope) -> Value:
    bound = given.bind(entry.params)
    value = bound.get(str(entry.traits.get("object") or "obj")) or given.get(0)
    file = file_names(m, node, str(entry.traits.get("path")), entry.params)
    m.emit(Saved(m.place(node, scope), value, holds(value), dotted, tokens_of(value), file))
    return Data()


def load(m: Machine, dotted: str, entry: Entry, given: Arguments, node: ir.Node, scope: Scope) -> Value:
    made = Library(dotted, replace(entry, role="checkpoint"), given.bind(entry.params), m.place(node, scope))
    m.emit(Loaded(m.place(node, scope), None, made, dotted))
    m.reads_checkpoints = True
    return made


def restored(key: Value | None) -> Data | None:
    """What a checkpoint holds under a key, if the key is not that of weights."""
    if isinstance(key, Constant) and isinstance(key.value, str) and _BESIDE.search(key.value):
        return Data(Kind.UNKNOWN, frozenset((RestoredToken(key.value),)))
    return None


def report_restored(m: Machine, target: ir.Expr, value: Value, scope: Scope) -> None:
    """Tell that a number of an earlier run is bound to a name."""
    for part in value.elements if isinstance(value, TupleValue) else (value,):
        for option in part.options if isinstance(part, Choice) else (part,):
            for token in option.tokens if isinstance(option, Data) else ():
                if isinstance(token, RestoredToken):
                    m.emit(Restored(m.place(target, scope), m.words(target), token.key))


def report_renamed(m: Machine, node: ir.Assign, value: Value, scope: Scope) -> None:
    """Tell that a number of an earlier run goes on under another name (`step = start_step`), where a run that begins
    anew has a constant."""
    if m.frames or not isinstance(value, Constant) or not isinstance(node.value, ir.Name | ir.Attribute):
        return
    before, calls = m.words(node.value), tuple(m.calls)
    found = [event for event in m.events if isinstance(event, Restored) and event.target == before]
    for key in sorted({event.key for event in found if event.calls == calls}):
        for target in node.targets:
            m.emit(Restored(m.place(target, scope), m.words(target), key))


def state_of(m: Machine, owner: Value, node: ir.Node, scope: Scope) -> Library:
    """``owner.state_dict()``: the live state, not a copy."""
    return Library("<state_dict>", STATE, {"of": owner}, m.place(node, scope))


def copy(m: Machine, dotted: str, entry: Entry, given: Arguments, node: ir.Node, scope: Scope) -> Value:
    value = given.get(0, "x")
    if value is None:
        return Data()
    made = [copied(m, option, node, scope) for option in options_of(value)]
    for twin in made:
        if is_network(twin):
            m.emit(Made(m.place(node, scope), m.unwrapped(twin), "copy"))
    return Choice(tuple(made)) if isinstance(value, Choice) else made[0]


def copied(m: Machine, value: Value, node: ir.Node, scope: Scope) -> Value:
    """A deep copy: another network with the same parts, or a state that no longer changes."""
    if isinstance(value, Wrapped):
        return Wrapped(copied(m, value.inner, node, scope), value.kind, value.dotted, value.place, value.renews)
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
        _copy_attributes(m, value, duplicate, node, scope)
        children = value.arguments.get("*")
        if value.role == "container" and isinstance(children, TupleValue):
            twins = tuple(copied(m, child, node, scope) for child in children.elements)
            duplicate.arguments["*"] = TupleValue(twins)
            for twin_part in twins:
                m.adopt(duplicate, twin_part)
        if is_network(value):
            m.kept.append(duplicate)
            m.switch(duplicate, m.mode_of(value))
        return duplicate
    if isinstance(value, DictValue):
        return DictValue({key: copied(m, entry, node, scope) for key, entry in value.entries.items()}, value.place)
    return value


def _copy_attributes(m: Machine, value: Library, duplicate: Library, node: ir.Node, scope: Scope) -> None:
    """The parts of a network that are known by name are copied with it."""
    held = value.state.get("attributes")
    if held is None or not is_network(value):
        return
    duplicate.state["attributes"] = {
        name: copied(m, part, node, scope) if is_network(part) else part for name, part in held.items()
    }
    for part in duplicate.state["attributes"].values():
        if is_network(part):
            m.adopt(duplicate, part)
