"""Metrics that must see all samples at once, computed batch by batch, and the means of them."""

from __future__ import annotations

from trainlint.facts import ir
from trainlint.findings import Place
from trainlint.knowledge.whole_metrics import AVERAGES, FUNCTIONS, is_own_whole_metric
from trainlint.trace.events import LoopKind, MetricAveraged
from trainlint.trace.interpreter import averages
from trainlint.trace.interpreter.machine import Arguments, Machine
from trainlint.trace.interpreter.tensors import with_tokens
from trainlint.trace.merge import tokens_of
from trainlint.trace.scope import Scope
from trainlint.trace.tokens import NONE, AccumulatedToken, BatchMetricToken, Source, holds, union
from trainlint.trace.values import Constant, ListValue, Value

# Functions that take a mean of their first argument.
MEANS = frozenset(
    "numpy.mean numpy.nanmean numpy.average statistics.mean statistics.fmean torch.mean torch.nanmean".split()
)
_ANY = "batch metrics"


def of_library(m: Machine, dotted: str, value: Value, given: Arguments, node: ir.Node, scope: Scope) -> Value:
    """The result of a library's metric."""
    short = dotted.rpartition(".")[2]
    average = given.keywords.get("average")
    if short not in FUNCTIONS or (isinstance(average, Constant) and average.value in AVERAGES):
        return value
    return _marked(m, short, value, given, m.place(node, scope))


def of_project(m: Machine, name: str | None, value: Value, given: Arguments, place: Place) -> Value:
    """The result of a function of the project, which may be a metric by its name."""
    if name is None or not m.frames or not is_own_whole_metric(name):
        return value
    return _marked(m, name, value, given, place)


def _marked(m: Machine, name: str, value: Value, given: Arguments, place: Place) -> Value:
    if not m.frames or m.frames[-1].loop.unrolled or m.frames[-1].loop.kind is LoopKind.WHILE:
        return value
    loop = m.frames[-1].loop
    tokens = union(*(tokens_of(argument) for argument in given.all()))
    if not tokens & loop.over or not holds(loop.over, Source) or not averages.goes_over_batches(loop):
        return value
    if holds(tokens, AccumulatedToken) or any(isinstance(argument, ListValue) for argument in given.all()):
        # What was gathered so far.
        return value
    key = (_ANY, place, loop)
    if key not in m.shared:
        m.shared[key] = BatchMetricToken(name, place, loop.place, loop.over)
        m.shared[_ANY] = True
    return with_tokens(value, frozenset((m.shared[key],)))


def averaged(m: Machine, values: Value | None, place: Place) -> None:
    """Record that a mean is taken of values."""
    if _ANY not in m.shared:
        return
    tokens = tokens_of(values) if values is not None else NONE
    found = tuple(token for token in tokens if isinstance(token, BatchMetricToken))
    outside = [token for token in found if not any(frame.loop.place == token.loop for frame in m.frames)]
    if outside or (found and holds(tokens, AccumulatedToken)):
        m.emit(MetricAveraged(place, found))


def divided(m: Machine, total: Value, count: Value, place: Place) -> None:
    """A total over the batches that is divided by a number of them is a mean."""
    if _ANY in m.shared and not holds(tokens_of(count), BatchMetricToken):
        averaged(m, total, place)
