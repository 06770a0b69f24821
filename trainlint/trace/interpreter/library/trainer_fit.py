"""The training that Hugging Face's Trainer runs: a linear schedule, a save every so many steps, evaluation only if asked."""

from __future__ import annotations

from trainlint.facts import ir
from trainlint.knowledge.schema import Entry
from trainlint.trace.events import (
    Backward,
    Decided,
    Forward,
    Frame,
    Iterated,
    Made,
    OptimizerStep,
    Reported,
    Saved,
    SchedulerStep,
    ZeroGrad,
)
from trainlint.trace.interpreter.attributes import class_attribute
from trainlint.trace.interpreter.library import passes
from trainlint.trace.interpreter.machine import Arguments, Machine
from trainlint.trace.interpreter.sources import as_sources
from trainlint.trace.interpreter.tensors import model_token, token
from trainlint.trace.merge import options_of, tokens_of
from trainlint.trace.scope import Scope
from trainlint.trace.tokens import LossToken, MeasureToken, ModelToken, Tokens, holds, union
from trainlint.trace.values import (
    ABSENT,
    BoundMethod,
    Constant,
    Data,
    Function,
    Graph,
    Instance,
    Kind,
    Library,
    ListValue,
    TupleValue,
    Value,
)

OLD_NAMES = {"eval_strategy": "evaluation_strategy"}
SCHEDULER = Entry("scheduler", traits={"cadence": "batch"})
OPTIMIZER = Entry("optimizer", traits={"family": "adamw"})


def walk_trainer(m: Machine, trainer: Library, does: str, given: Arguments, node: ir.Node, scope: Scope) -> Value:
    """``trainer.train()`` or ``trainer.evaluate()``."""
    model = passes.network_of(m, trainer)
    if does == "fit":
        _train(m, trainer, model, node, scope)
        return Data(name="train_result")
    data = given.get(0, "eval_dataset") or trainer.arguments.get("eval_dataset")
    return _evaluate(m, model, data, node, scope)


def argument(trainer: Library, name: str) -> object:
    """A setting of the Trainer's arguments: its constant, its default, or ``ABSENT`` where it is not known."""
    settings = next(iter(options_of(trainer.arguments.get("args"))), None)
    if not isinstance(settings, Library):
        return ABSENT
    old = OLD_NAMES.get(name)
    if old in settings.arguments:
        name = str(old)
    return settings.constant(name)


def _train(m: Machine, trainer: Library, model: Value, node: ir.Node, scope: Scope) -> None:
    place = m.place(node, scope)
    train, held_out = trainer.arguments.get("train_dataset"), trainer.arguments.get("eval_dataset")
    if isinstance(held_out, Constant) and held_out.value is None:
        held_out = None
    passes.told(m, train, "train")
    passes.told(m, held_out, "validation")
    optimizer = Library("transformers.Trainer.optimizer", OPTIMIZER, {}, trainer.place)
    scheduler = Library("transformers.Trainer.lr_scheduler", SCHEDULER, {"optimizer": optimizer}, trainer.place)
    m.emit(Made(place, optimizer, "optimizer"))
    m.emit(Made(place, scheduler, "scheduler"))
    epochs = passes.epochs_of(m, place)
    for number in range(passes.WALKS):
        with m.looping(Frame(epochs, number)):
            _epoch(m, trainer, model, optimizer, scheduler, node, scope)
            if argument(trainer, "eval_strategy") not in ("no", ABSENT):
                _evaluate(m, model, held_out, node, scope)
                _decide(m, trainer, held_out, node, scope)
            elif argument(trainer, "eval_strategy") is ABSENT and held_out is not None:
                _evaluate(m, model, held_out, node, scope)
            if argument(trainer, "save_strategy") != "no":
                m.emit(Saved(place, model, frozenset({"state", "optimizer", "scheduler"}), "transformers.Trainer"))


def _epoch(
    m: Machine, trainer: Library, model: Value, optimizer: Library, scheduler: Library, node: ir.Node, scope: Scope
) -> None:
    place, train = m.place(node, scope), trainer.arguments.get("train_dataset")
    m.switch(model, "train")
    loop = passes.batches_of(m, place, train)
    data = as_sources(m, train) if train is not None else []
    for number in range(passes.WALKS):
        with m.looping(Frame(loop, number)):
            if number == 0 and data:
                m.emit(Iterated(place, loop, tuple(data)))
            tokens: Tokens = frozenset(data)
            loss = _own_loss(m, trainer, model, tokens, node, scope)
            if loss is None:
                loss_tokens = union(tokens, model_token(m, model), token(m, LossToken, place))
                loss = Data(Kind.TENSOR, loss_tokens, graph=Graph.ATTACHED)
                m.emit(Forward(place, model, tokens, "train", True, loss_tokens, True))
            loss_tokens = tokens_of(loss)
            m.emit(Backward(place, loss, loss_tokens, "framework", True))
            m.emit(OptimizerStep(place, optimizer, "framework"))
            m.emit(SchedulerStep(place, scheduler, None))
            m.emit(ZeroGrad(place, optimizer, "framework"))
            m.emit(Reported(place, loss_tokens, "log"))


def _own_loss(m: Machine, trainer: Library, model: Value, tokens: Tokens, node: ir.Node, scope: Scope) -> Value | None:
    """The loss that a project's own ``compute_loss`` gives, if it has one that can be followed."""
    instance = trainer.state.get("instance")
    method = class_attribute(instance.cls, "compute_loss") if isinstance(instance, Instance) else None
    if instance is None or not isinstance(method, Function):
        return None
    inputs = Data(Kind.UNKNOWN, tokens, graph=Graph.DETACHED, name="inputs")
    given = m.call(m, BoundMethod(instance, method), Arguments([model, inputs]), node, scope)
    loss = given.elements[0] if isinstance(given, TupleValue) and given.elements else given
    return loss if holds(tokens_of(loss), ModelToken) else None


def _evaluate(m: Machine, model: Value, data: Value | None, node: ir.Node, scope: Scope) -> Value:
    place = m.place(node, scope)
    tokens: Tokens = frozenset(as_sources(m, data)) if data is not None else frozenset()
    mode = m.mode_of(model)
    measured = passes.evaluation_pass(m, place, model, tokens)
    m.switch(model, mode)
    return Data(Kind.UNKNOWN, measured, graph=Graph.DETACHED)


def _decide(m: Machine, trainer: Library, data: Value | None, node: ir.Node, scope: Scope) -> None:
    """The best model is loaded at the end, or the run is stopped early, by the evaluated metric."""
    callbacks = trainer.arguments.get("callbacks")
    stops = isinstance(callbacks, ListValue) and any(
        isinstance(item, Library) and item.trait("kind") == "early_stopping" for item in callbacks.items
    )
    best = argument(trainer, "load_best_model_at_end")
    if (best is True or stops) and data is not None:
        tokens = union(frozenset(as_sources(m, data)), token(m, MeasureToken, m.place(node, scope)))
        place = trainer.place or m.place(node, scope)
        m.emit(Decided(place, tokens, "early stopping" if stops else "best model"))
