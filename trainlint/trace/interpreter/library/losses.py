"""Criteria: what they are given, and the loss that comes out."""

from __future__ import annotations

from collections.abc import Mapping

from trainlint.facts import ir
from trainlint.knowledge.schema import Entry
from trainlint.trace.events import LossComputed
from trainlint.trace.interpreter.machine import Arguments, Machine
from trainlint.trace.interpreter.operators import mix
from trainlint.trace.interpreter.sources import as_sources, is_computed
from trainlint.trace.interpreter.tensors import token
from trainlint.trace.merge import choice, options_of, tokens_of
from trainlint.trace.scope import Scope
from trainlint.trace.tokens import LossToken, union
from trainlint.trace.values import Constant, Data, Graph, Kind, Library, Value

UNKNOWN_LOSS = Entry("loss", traits={"kind": "other"})


def call_function(m: Machine, dotted: str, entry: Entry, given: Arguments, node: ir.Node, scope: Scope) -> Value:
    """``F.cross_entropy(output, target)``."""
    bound = given.bind(entry.params)
    prediction = bound.get(str(entry.traits.get("input") or "input")) or given.get(0)
    target = bound.get(str(entry.traits.get("target") or "target")) or given.get(1)
    return compute(m, entry, prediction, target, reduction(entry, bound), None, node, scope)


def call_criterion(m: Machine, criterion: Library, given: Arguments, node: ir.Node, scope: Scope) -> Value:
    """``criterion(output, target)``."""
    prediction = given.get(0, "input")
    target = given.get(1, "target")
    reduced = reduction(criterion.entry, criterion.arguments)
    return compute(m, criterion.entry, prediction, target, reduced, criterion, node, scope)


def compute_unknown_loss(m: Machine, given: Arguments, node: ir.Node, scope: Scope) -> Value:
    """A criterion of unknown kind."""
    return compute(m, UNKNOWN_LOSS, given.get(0), given.get(1), None, None, node, scope, given.all())


def reduction(entry: Entry, bound: Mapping[str, Value]) -> str | None:
    """How the loss is reduced: mean, sum, none, or None where unknown."""
    for name in ("size_average", "reduce"):
        flag = bound.get(name)
        if isinstance(flag, Constant) and flag.value is False:
            return "sum" if name == "size_average" else "none"
    value = bound.get("reduction")
    if isinstance(value, Constant):
        return str(value.value)
    return None if value is not None else str(entry.defaults.get("reduction", "mean"))


def compute(
    m: Machine,
    entry: Entry,
    prediction: Value | None,
    target: Value | None,
    reduced: str | None,
    criterion: Library | None,
    node: ir.Node,
    scope: Scope,
    others: list[Value] | None = None,
) -> Data:
    """Record the loss, and give it."""
    options = options_of(prediction)
    if len(options) > 1:
        results = [compute(m, entry, option, target, reduced, criterion, node, scope) for option in options]
        joined = choice(list(results))
        return joined if isinstance(joined, Data) else results[0]
    place = m.place(node, scope)
    given = [value for value in (prediction, target, *(others or ())) if value is not None]
    for value in given:
        as_sources(m, value)
    kind = str(entry.traits.get("kind") or "other")
    # The loss of a training and of an evaluation may stand at one place: they differ by the data that they come from.
    result = mix(*given)
    result.kind = Kind.TENSOR
    result.tokens = union(*(tokens_of(value) for value in given), token(m, LossToken, place, kind))
    result.operations = ()
    result.reduction = reduced
    if (
        isinstance(prediction, Data)
        and result.graph is not Graph.ATTACHED
        and not (target is not None and is_computed(target))
    ):
        # A target that went through no network brings no graph.
        result.graph, result.cut = prediction.graph, prediction.cut
    if m.flags.get("gradients") is False:
        result.graph = Graph.DETACHED
    tensor = prediction if isinstance(prediction, Data) else None
    m.emit(LossComputed(place, kind, tensor, target, result.tokens, reduced, criterion))
    return result
