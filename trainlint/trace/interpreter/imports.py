"""Imports: project files are walked once a run, everything else is external."""

from __future__ import annotations

import posixpath
from collections.abc import Iterable
from copy import copy

from trainlint.facts import ir
from trainlint.knowledge import exports, lookup
from trainlint.trace.events import (
    Designated,
    Escaped,
    Event,
    Fitted,
    Numbered,
    Saved,
    Seeded,
    SplitDrawn,
    Transformed,
)
from trainlint.trace.interpreter.machine import Activation, Machine
from trainlint.trace.scope import Scope
from trainlint.trace.values import Constant, Data, External, ModuleValue, Value

# What prepares runs and their data.
PREPARING = (Seeded, SplitDrawn, Fitted, Transformed, Numbered, Designated)


def plain(m: Machine, node: ir.Import, scope: Scope) -> None:
    """``import a.b``, ``import a.b as c``."""
    for alias in node.names:
        if alias.asname:
            bind(m, alias.asname, absolute(m, alias.name, scope), scope)
            continue
        top = alias.name.split(".")[0]
        if top != alias.name:
            absolute(m, alias.name, scope)
        bind(m, top, absolute(m, top, scope), scope)


def named(m: Machine, node: ir.ImportFrom, scope: Scope) -> None:
    """``from a.b import c``."""
    if node.level:
        path = m.project.relative(scope.path, node.level, node.module)
        origin: Value = module_at(m, path) if path is not None else Data()
    else:
        origin = absolute(m, node.module, scope)
    for alias in node.names:
        if not node.level and isinstance(origin, ModuleValue) and lookup(f"{node.module}.{alias.name}") is not None:
            # The repository of a known library is linted: its names mean what the tables say.
            bind(m, alias.asname or alias.name, External(f"{node.module}.{alias.name}"), scope)
            continue
        if alias.name == "*":
            _star(m, origin, scope)
            continue
        bind(m, alias.asname or alias.name, member(m, origin, alias.name), scope)


def bind(m: Machine, name: str, value: Value, scope: Scope) -> None:
    m.store.set(scope.home(name).names, name, value)


def member(m: Machine, origin: Value, name: str) -> Value:
    """``name`` of a module: a global of it, or a submodule."""
    if isinstance(origin, ModuleValue):
        value = origin.scope.names.get(name)
        if value is not None:
            return value
        child = m.project.child(origin.scope.path, name)
        if child is not None:
            return module_at(m, child)
        for star in origin.scope.stars:
            dotted = exports(star).get(name)
            if dotted is not None:
                return External(dotted)
        return Data(name=name)
    if isinstance(origin, External):
        return External(f"{origin.dotted}.{name}")
    return Data(name=name)


def _star(m: Machine, origin: Value, scope: Scope) -> None:
    if isinstance(origin, ModuleValue):
        for name, value in list(origin.scope.names.items()):
            if not name.startswith("_"):
                bind(m, name, value, scope)
        scope.module.stars.extend(origin.scope.stars)
    elif isinstance(origin, External):
        scope.module.stars.append(origin.dotted)


def absolute(m: Machine, dotted: str, scope: Scope) -> Value:
    """The module that ``import dotted`` finds."""
    path = m.project.resolve(dotted, scope.path, m.entry)
    if path is None:
        return External(dotted)
    return module_at(m, path)


def module_at(m: Machine, path: str) -> ModuleValue:
    """The module in a project file."""
    return ModuleValue(scope_at(m, path))


def scope_at(m: Machine, path: str) -> Scope:
    """The scope of a project file, walked at its first import. A folder without ``__init__`` is an empty module."""
    scope = m.scopes.get(path)
    if scope is None:
        scope = m.scopes[path] = Scope("module", path)
        facts = m.project.modules.get(path)
        if facts is not None:
            run_module(m, scope, facts, posixpath.splitext(path)[0].replace("/", "."))
    _replay(m, m.shared.get(("prepared", path), ()))
    return scope


def run_module(m: Machine, scope: Scope, facts: ir.Module, name: str) -> None:
    """Walk a module's top level under the given ``__name__``. Modules are shared by all runs: what they bind is not undone."""
    scope.names["__name__"] = Constant(name)
    scope.names["__file__"] = Constant(scope.path)
    with m.detached():
        m.activations.append(Activation(None, scope))
        m.execute(m, facts.body, scope)
        prepared: list[Event] = [event for event in m.events if isinstance(event, PREPARING)]
        if any(isinstance(event, SplitDrawn | Numbered) for event in prepared):
            # What is written down is the same in each run.
            prepared = [event for event in m.events if isinstance(event, (*PREPARING, Saved, Escaped))]
    m.shared["prepared", scope.path] = prepared


def _replay(m: Machine, events: Iterable[Event]) -> None:
    """What a module does to seeds and data when it is imported is a part of the run that imports it, once."""
    known = {(type(event), event.place) for event in m.events} if events else set()
    for event in events:
        if (type(event), event.place) not in known:
            again = copy(event)
            again.order = len(m.events)
            m.events.append(again)
