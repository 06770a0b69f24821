"""Frameworks that steer the training: what their methods do is in the tables, the training that they run is walked here."""

from __future__ import annotations

from collections.abc import Callable

from trainlint.facts import ir
from trainlint.knowledge.schema import Entry
from trainlint.trace.events import (
    Backward,
    Clip,
    Decided,
    Escaped,
    FrameworkFit,
    Gathered,
    Loaded,
    Made,
    OptimizerStep,
    Prepared,
    Reported,
    Saved,
    Seeded,
    ZeroGrad,
)
from trainlint.trace.interpreter.gradients import CLIPPED
from trainlint.trace.interpreter.library import composer_fit, ignite_fit, lightning_fit, skorch_fit, trainer_fit
from trainlint.trace.interpreter.library.contents import holds, objects
from trainlint.trace.interpreter.library.network_methods import switch_mode
from trainlint.trace.interpreter.library.persistence import state_of
from trainlint.trace.interpreter.library.unknown import unknown_call
from trainlint.trace.interpreter.machine import Arguments, Machine
from trainlint.trace.interpreter.networks import is_network
from trainlint.trace.interpreter.operators import mix
from trainlint.trace.interpreter.tensors import token, uncertain, with_tokens
from trainlint.trace.merge import tokens_of
from trainlint.trace.scope import Scope
from trainlint.trace.tokens import GatheredToken, union
from trainlint.trace.values import Constant, Data, Kind, Library, TupleValue, Value, Wrapped

Fit = Callable[[Machine, Library, str, Arguments, ir.Node, Scope], Value]


def make_framework(m: Machine, dotted: str, entry: Entry, given: Arguments, node: ir.Node, scope: Scope) -> Value:
    made = Library(dotted, entry, given.bind(entry.params), m.place(node, scope))
    if given.open_keywords:
        made.arguments["**"] = Data()
    m.emit(Made(m.place(node, scope), made, "framework"))
    gives = entry.traits.get("gives")
    if entry.traits.get("fits"):
        return fit(m, made, "fit", given, node, scope)
    if gives:
        return _several(m, made, gives, given, node, scope)
    return made


def _several(m: Machine, made: Library, gives: tuple[str, ...], given: Arguments, node: ir.Node, scope: Scope) -> Value:
    """``deepspeed.initialize`` gives engine, optimizer, loader and scheduler."""
    results: list[Value] = []
    for name in gives:
        found = made.arguments.get(name)
        if name in ("engine", "model") or found is None:
            found = made if name in ("engine", "model") else Data(name=name)
        results.append(found)
    return TupleValue(tuple(results))


def framework_method(m: Machine, receiver: Library, name: str, given: Arguments, node: ir.Node, scope: Scope) -> Value:
    """A method of a framework object, by what the table says it does."""
    methods: dict[str, str] = receiver.trait("methods") or {}
    does = methods.get(name)
    if does is None and name in ("train", "eval") and "model" in receiver.arguments:
        # DeepSpeed's engine is used as the model that it was given.
        switch_mode(m, receiver.arguments["model"], name, given, node, scope)
        return switch_mode(m, receiver, name, given, node, scope)
    if does is None:
        return unknown_call(m, f"{receiver.short}.{name}", given, node, scope, receiver=receiver)
    handler = DOES.get(does)
    if handler is None:
        return unknown_call(m, f"{receiver.short}.{name}", given, node, scope, receiver=receiver)
    return handler(m, receiver, does, given, node, scope)


def _backward(m: Machine, receiver: Library, does: str, given: Arguments, node: ir.Node, scope: Scope) -> Value:
    loss = given.get(0, "loss")
    m.emit(Backward(m.place(node, scope), loss, tokens_of(loss), "accelerator", m.flags.get("gradients")))
    return Constant(None)


def _step(m: Machine, receiver: Library, does: str, given: Arguments, node: ir.Node, scope: Scope) -> Value:
    m.emit(OptimizerStep(m.place(node, scope), None, "framework"))
    if receiver.trait("kind") == "deepspeed":
        # The engine's step zeroes the gradients too.
        m.emit(ZeroGrad(m.place(node, scope), None, "engine"))
    return Constant(None)


def _zero(m: Machine, receiver: Library, does: str, given: Arguments, node: ir.Node, scope: Scope) -> Value:
    m.emit(ZeroGrad(m.place(node, scope), None, "framework"))
    return Constant(None)


def _clip(m: Machine, receiver: Library, does: str, given: Arguments, node: ir.Node, scope: Scope) -> Value:
    m.emit(Clip(m.place(node, scope), given.get(0)))
    return Data(Kind.NUMBER, origin=CLIPPED)


def _prepare(m: Machine, receiver: Library, does: str, given: Arguments, node: ir.Node, scope: Scope) -> Value:
    """The same objects, in the framework's dress."""
    place = m.place(node, scope)
    m.emit(Prepared(place, receiver, tuple(m.unwrapped(value) for value in given.positional)))
    for value in given.positional:
        if isinstance(value, Library):
            m.store.set(value.state, "prepared", receiver)
    dressed = [
        Wrapped(value, "prepared", receiver.dotted, place)
        if is_network(value) and not isinstance(value, Wrapped)
        else value
        for value in given.positional
    ]
    if given.open_positional:
        return Data()
    return dressed[0] if len(dressed) == 1 else TupleValue(tuple(dressed))


def _save(m: Machine, receiver: Library, does: str, given: Arguments, node: ir.Node, scope: Scope) -> Value:
    found = frozenset[str]().union(*(holds(value) for value in given.all())) or frozenset({"state"})
    if not found - {"data"}:
        found = frozenset({"state", "optimizer", "scheduler"})
    place = m.place(node, scope)
    m.emit(Saved(place, given.get(0), found, receiver.dotted))
    metric = given.keywords.get(str(receiver.trait("metric")))
    if metric is not None:
        m.emit(Decided(place, tokens_of(metric), "best model"))
    return Constant(None)


def _load(m: Machine, receiver: Library, does: str, given: Arguments, node: ir.Node, scope: Scope) -> Value:
    m.emit(Loaded(m.place(node, scope), receiver, given.get(0), receiver.dotted))
    return Data()


def _report(m: Machine, receiver: Library, does: str, given: Arguments, node: ir.Node, scope: Scope) -> Value:
    m.emit(Reported(m.place(node, scope), union(*(tokens_of(value) for value in given.all())), "log"))
    return Constant(None)


def _gather(m: Machine, receiver: Library, does: str, given: Arguments, node: ir.Node, scope: Scope) -> Value:
    # Other processes' parts come without a graph, one's own may have one.
    value = given.get(0) or Data()
    if does != "gather":
        return uncertain(value)
    place = m.place(node, scope)
    m.emit(Gathered(place, receiver, value))
    return with_tokens(uncertain(value), token(m, GatheredToken, place))


def _unwrap(m: Machine, receiver: Library, does: str, given: Arguments, node: ir.Node, scope: Scope) -> Value:
    value = given.get(0)
    return m.unwrapped(value) if value is not None else Data()


def _state(m: Machine, receiver: Library, does: str, given: Arguments, node: ir.Node, scope: Scope) -> Value:
    """The state dict of a network, gathered from where it is sharded."""
    value = given.get(0)
    return state_of(m, value, node, scope) if value is not None else Data()


def _context(role: str) -> Fit:
    def context(m: Machine, receiver: Library, does: str, given: Arguments, node: ir.Node, scope: Scope) -> Value:
        return Library(f"<{role}>", Entry(role), {}, m.place(node, scope))

    return context


def _guard(m: Machine, receiver: Library, does: str, given: Arguments, node: ir.Node, scope: Scope) -> Value:
    return Data(Kind.NUMBER, name="is_main_process")


def fit(m: Machine, receiver: Library, does: str, given: Arguments, node: ir.Node, scope: Scope) -> Value:
    """A training that the framework runs itself. Which one, and how it goes, the framework's own module walks."""
    walker = WALKERS.get(str(receiver.trait("kind")))
    place = m.place(node, scope)
    model = next((value for value in given.all() if is_network(value)), None) or receiver.arguments.get("model")
    m.emit(FrameworkFit(place, receiver, does, model))
    if walker is not None:
        return walker(m, receiver, does, given, node, scope)
    found = [item for value in [*given.all(), *receiver.arguments.values()] for item in objects(value)]
    m.emit(Escaped(place, f"{receiver.short}.{does}", tuple(found)))
    return Data()


def _nothing(m: Machine, receiver: Library, does: str, given: Arguments, node: ir.Node, scope: Scope) -> Value:
    return Data()


def _launch(m: Machine, receiver: Library, does: str, given: Arguments, node: ir.Node, scope: Scope) -> Value:
    """``fabric.launch(main, ...)`` calls ``main(fabric, ...)`` in every process; without a function it only sets up."""
    if not given.positional:
        return Constant(None)
    function, *others = given.positional
    return m.call(m, function, Arguments([receiver, *others], given.keywords), node, scope)


def _seed(m: Machine, receiver: Library, does: str, given: Arguments, node: ir.Node, scope: Scope) -> Value:
    m.emit(Seeded(m.place(node, scope), "all"))
    return Constant(None)


def _identity(m: Machine, receiver: Library, does: str, given: Arguments, node: ir.Node, scope: Scope) -> Value:
    return mix(*given.all()) if given.all() else Data()


WALKERS: dict[str, Fit] = {
    "lightning_trainer": lightning_fit.walk_trainer,
    "hf_trainer": trainer_fit.walk_trainer,
    "composer": composer_fit.walk_trainer,
    "ignite": ignite_fit.walk_engine,
    "skorch": skorch_fit.walk_net,
}
DOES: dict[str, Fit] = {
    "backward": _backward,
    "step": _step,
    "zero_grad": _zero,
    "clip": _clip,
    "prepare": _prepare,
    "save": _save,
    "load": _load,
    "report": _report,
    "gather": _gather,
    "gather_for_metrics": _gather,
    "reduce": _gather,
    "unwrap": _unwrap,
    "state": _state,
    "no_sync": _context("no_sync"),
    "autocast": _context("autocast"),
    "accumulate": _context("accumulate"),
    "main_only": _guard,
    "unscale": _identity,
    "fit": fit,
    "launch": _launch,
    "handler": ignite_fit.register,
    "handlers": ignite_fit.registering,
    "harmless": _nothing,
    "predict": _nothing,
    "seed": _seed,
    "evaluate": fit,
    "test": fit,
    "tune": fit,
}
