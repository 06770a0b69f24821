"""What the trainers of frameworks have in common: their loops, and the passes that they make by themselves, as events."""

from __future__ import annotations

from trainlint.facts import ir
from trainlint.findings import Place
from trainlint.trace.events import (
    Backward,
    Forward,
    Iterated,
    Loop,
    LoopKind,
    LossComputed,
    Measured,
    OptimizerStep,
    Reported,
    ZeroGrad,
)
from trainlint.trace.interpreter.iteration import element_of
from trainlint.trace.interpreter.machine import Machine
from trainlint.trace.interpreter.networks import unknown_network
from trainlint.trace.interpreter.sources import as_sources
from trainlint.trace.interpreter.tensors import model_token, token
from trainlint.trace.merge import choice, options_of, tokens_of
from trainlint.trace.scope import Scope
from trainlint.trace.tokens import UNKNOWN_SPLIT, LossToken, MeasureToken, Tokens, union
from trainlint.trace.values import Data, Graph, Kind, Library, Value

# Loops are walked twice, so that what one round leaves behind meets the next.
WALKS = 2


def told(m: Machine, data: Value | None, split: str) -> None:
    """Where nothing else says what data is for, the place at which a trainer takes it does."""
    for source in as_sources(m, data) if data is not None else []:
        if source.split == UNKNOWN_SPLIT:
            source.split = split


def network_of(m: Machine, trainer: Library) -> Value:
    """The network that a trainer was made with."""
    model = next(iter(options_of(trainer.arguments.get("model"))), None)
    return m.unwrapped(model) if model is not None else unknown_network()


def epochs_of(m: Machine, place: Place, rounds: object = None) -> Loop:
    """The loop over epochs that a framework runs; ``rounds`` is their number, where that is known."""
    known = rounds if isinstance(rounds, int) else None
    return Loop(LoopKind.FRAMEWORK, place, "epoch", rounds=known, depth=len(m.calls))


def batches_of(m: Machine, place: Place, data: Value | None) -> Loop:
    """The loop over the batches of some data that a framework runs."""
    return Loop(LoopKind.FRAMEWORK, place, "batch", tokens_of(data), over_value=data, depth=len(m.calls))


def batch_of(m: Machine, data: Value | None, loop: Loop, node: ir.Node, scope: Scope, *, first: bool) -> Value:
    """A batch of what the framework goes over; the first one tells the loop's data."""
    if data is None:
        return Data(name="batch")
    element = choice([element_of(m, option, loop, node, scope) for option in options_of(data)])
    found = as_sources(m, element)
    if first and found:
        loop.over = tokens_of(element)
        m.emit(Iterated(loop.place, loop, tuple(found)))
    return element


def train_pass(
    m: Machine, place: Place, model: Value, optimizer: Value | None, data: Tokens, criterion: Value | None = None
) -> None:
    """Zeroing, forward, loss, backward and step on a batch."""
    m.switch(model, "train")
    output = union(data, model_token(m, model))
    m.emit(ZeroGrad(place, optimizer, "framework"))
    m.emit(Forward(place, model, data, "train", True, output, True))
    tokens = union(output, token(m, LossToken, place))
    if isinstance(criterion, Library):
        kind = str(criterion.trait("kind") or "other")
        m.emit(LossComputed(place, kind, None, None, tokens, None, criterion))
    learn(m, place, Data(Kind.TENSOR, tokens, graph=Graph.ATTACHED), optimizer)


def learn(m: Machine, place: Place, loss: Value, optimizer: Value | None) -> None:
    """Backward and step from a loss, which the framework shows."""
    m.emit(Backward(place, loss, tokens_of(loss), "framework", True))
    m.emit(OptimizerStep(place, optimizer, "framework"))
    m.emit(Reported(place, tokens_of(loss), "log"))


def evaluation_pass(m: Machine, place: Place, model: Value, data: Tokens) -> Tokens:
    """A forward pass in evaluation mode, without gradients, whose output is measured. Gives the provenance of the number."""
    measured = union(data, model_token(m, model), token(m, MeasureToken, place))
    m.switch(model, "eval")
    m.emit(Forward(place, model, data, "eval", False, measured, True))
    m.emit(Measured(place, measured, "evaluate"))
    return measured
