"""The training that a skorch net runs on the arrays that it is fitted on. What it does beside that its callbacks decide."""

from __future__ import annotations

from trainlint.facts import ir
from trainlint.trace.events import Escaped, Frame
from trainlint.trace.interpreter.library import passes
from trainlint.trace.interpreter.library.contents import objects
from trainlint.trace.interpreter.machine import Arguments, Machine
from trainlint.trace.interpreter.networks import is_network, unknown_network
from trainlint.trace.merge import tokens_of
from trainlint.trace.scope import Scope
from trainlint.trace.values import Class, Data, Library, Value

MODULE = "module__"


def walk_net(m: Machine, net: Library, does: str, given: Arguments, node: ir.Node, scope: Scope) -> Value:
    """``net.fit(X, y)``, ``net.partial_fit(X, y)``, ``net.score(X, y)``."""
    place = m.place(node, scope)
    found = [item for value in [*given.all(), *net.arguments.values()] for item in objects(value)]
    if does == "fit":
        data, model = given.get(0, "X"), _module(m, net, node, scope)
        epochs = passes.epochs_of(m, place)
        batches = passes.batches_of(m, net.place or place, data)
        for number in range(passes.WALKS):
            with m.looping(Frame(epochs, number)):
                for batch in range(passes.WALKS):
                    with m.looping(Frame(batches, batch)):
                        passes.train_pass(m, place, model, None, tokens_of(data))
                if net.constant("train_split") is not None:  # a fifth of the data, unless told otherwise
                    m.emit(Escaped(place, f"{net.short}.validation", ()))
                # Schedules, checkpoints, scores: what the callbacks do is not followed.
                m.emit(Escaped(place, f"{net.short}.{does}", (*found, model)))
    else:
        m.emit(Escaped(place, f"{net.short}.{does}", tuple(found)))
    return Data()


def _module(m: Machine, net: Library, node: ir.Node, scope: Scope) -> Value:
    """The network, which a net makes of the class that it is given with the arguments that begin with ``module__``."""
    given = net.arguments.get("module")
    if isinstance(given, Class):
        known = {key[len(MODULE) :]: value for key, value in net.arguments.items() if key.startswith(MODULE)}
        given = m.call(m, given, Arguments([], known), node, scope)
    return given if given is not None and is_network(given) else unknown_network()
