"""Methods of tensors, numbers and values of which nothing is known."""

from __future__ import annotations

from trainlint.facts import ir
from trainlint.knowledge import lookup
from trainlint.knowledge.conventions import role_of_name, split_of_name
from trainlint.knowledge.watching import FIXTURES
from trainlint.trace.events import Backward, Interacted, Measured, Operated, OptimizerStep
from trainlint.trace.interpreter import (
    assignment,
    averages,
    gradients,
    initial,
    precision,
    scaling,
    sizes,
    standardising,
)
from trainlint.trace.interpreter.attributes import field
from trainlint.trace.interpreter.library import lightning, operations, training
from trainlint.trace.interpreter.library.network_methods import network_method
from trainlint.trace.interpreter.library.reporting import logger_method
from trainlint.trace.interpreter.library.unknown import says_loss, unknown_call
from trainlint.trace.interpreter.machine import Arguments, Machine
from trainlint.trace.interpreter.networks import promote
from trainlint.trace.interpreter.operators import measured, mix
from trainlint.trace.interpreter.ordering import listing, permuted
from trainlint.trace.interpreter.sources import as_sources
from trainlint.trace.interpreter.tensors import (
    DETACHING,
    MOVING,
    NUMBERS,
    SHAPE_METHODS,
    changed_in_place,
    detached,
    moved,
    reshaped,
    token,
)
from trainlint.trace.merge import sources_of, tokens_of
from trainlint.trace.scope import Scope
from trainlint.trace.tokens import NONE, LossToken, MeasureToken, ModelToken, holds, union
from trainlint.trace.values import Constant, Data, External, Graph, Kind, Library, Stream, TupleValue, Value

TRAINER_METHODS = frozenset({"fit", "validate", "test"})
# Methods that only networks have.
NETWORK_ONLY = frozenset(
    "parameters named_parameters state_dict load_state_dict train eval modules children named_modules".split()
)
REPORTING = frozenset(
    "add_scalar add_scalars add_histogram add_image add_text log log_metric log_metrics info debug warning error"
    " critical scalar_summary print write set_postfix set_description log_dict log_scalar report_scalar".split()
)
LOGGERS = ("log", "writer", "tb", "wandb", "summary", "tensorboard", "board", "recorder", "vis")
# An `env` that is asked for these is a database (LMDB) or holds templates: nobody acts in it.
_OF_STORES = frozenset("begin close stat info sync set_mapsize get_template".split())


def data_method(m: Machine, receiver: Data, name: str, given: Arguments, node: ir.Node, scope: Scope) -> Value:
    """``value.name(...)`` of an unknown value or a tensor."""
    result = _method(m, receiver, name, given, node, scope)
    sizes.selected(receiver, name, given, result)
    if name in standardising.STATISTICS:
        standardising.reduced(m, receiver, name, result, m.place(node, scope))
    return result


def _method(m: Machine, receiver: Data, name: str, given: Arguments, node: ir.Node, scope: Scope) -> Value:
    if name == "backward":
        return backward(m, receiver, given, node, scope)
    if receiver.name in FIXTURES and name in FIXTURES[receiver.name] and not receiver.tokens:
        return m.call(m, External(FIXTURES[receiver.name][name]), given, node, scope)
    if receiver.promoted is not None:
        return m.method(m, receiver.promoted, name, given, node, scope)
    if name in TRAINER_METHODS and any(map(lightning.is_module, given.all())):
        return m.method(m, _as_trainer(m, receiver, node, scope), name, given, node, scope)
    if initial.by_method(m, receiver, name, given, node, scope):
        return receiver
    handled = _by_role(m, receiver, name, given, node, scope)
    if handled is not None:
        return handled
    if name in DETACHING:
        result = detached(receiver, m.place(node, scope))
        if name in NUMBERS:
            result.kind = Kind.NUMBER
            _note_number(m, receiver, node, scope)
        return result
    if name in ("size", "dim", "numel", "nelement", "element_size", "get_device", "ndimension"):
        first = given.get(0)
        is_first = name == "size" and isinstance(first, Constant) and first.value == 0
        return Data(Kind.NUMBER, origin="shape", reduction=averages.size_of(m, receiver) if is_first else None)
    if name in ("items", "values", "keys") and receiver.kind is Kind.UNKNOWN:
        return _of_mapping(m, receiver, name)
    if name in ("get", "pop") and isinstance(given.get(0), Constant):
        key = given.positional[0]
        if isinstance(key, Constant) and isinstance(key.value, str):
            return field(m, receiver, key.value, node, scope)
    gradients.by_method(m, receiver, name, given.all(), node, scope)
    scaling.by_method(m, receiver, name, m.place(node, scope))
    if name.endswith("_"):
        changed_in_place(receiver)
    if name in SHAPE_METHODS:
        if name == "requires_grad_" and not holds(receiver.tokens, (LossToken, ModelToken)):
            receiver.graph = Graph.ATTACHED
        result = moved(reshaped(receiver)) if name in MOVING else reshaped(receiver)
        return precision.converted(m, result, name, given)
    if name in ("eq", "ne", "__eq__"):
        return _comparison(m, receiver, given, node, scope)
    gathered = given.get(0)
    if name == "append" and isinstance(gathered, Data) and receiver.kind is Kind.UNKNOWN:
        # A list of which nothing is known but what is put into it.
        kept = assignment.accumulated(
            m, receiver.name or "list", receiver, gathered, gathered, name, m.place(node, scope)
        )
        receiver.tokens = union(receiver.tokens, tokens_of(kept)) if kept is not gathered else receiver.tokens
    entry = lookup(f"torch.Tensor.{name}")
    if (
        entry is not None
        and entry.role == "operation"
        and (receiver.tokens or receiver.kind is not Kind.UNKNOWN or _plain(name))
    ):
        return operations.operate(m, f"torch.Tensor.{name}", entry, receiver, given, node, scope)
    return _unknown(m, receiver, name, given, node, scope)


def _as_trainer(m: Machine, receiver: Data, node: ir.Node, scope: Scope) -> Library:
    """What fits a Lightning module is Lightning's Trainer, however it was made (by a configuration, say): its settings are unknown."""
    trainer = promote(receiver, "framework", "pytorch_lightning.Trainer")
    trainer.arguments["**"] = Data()
    trainer.place = m.place(node, scope)
    return trainer


def _note_number(m: Machine, value: Data, node: ir.Node, scope: Scope) -> None:
    """A number taken out of what a network computed is a measurement; the index of its choice is only a prediction."""
    if any(operation.name == "argmax" for operation in value.operations):
        return
    if holds(value.tokens, MeasureToken):
        # It was measured where it met its targets, maybe long before: here it is only read.
        return
    if holds(value.tokens, ModelToken) and sources_of(value):
        m.emit(Measured(m.place(node, scope), value.tokens, "number"))


def _plain(name: str) -> bool:
    return name in ("softmax", "log_softmax", "sigmoid", "argmax", "mean", "sum", "max", "min", "topk", "backward")


def _is_computed(receiver: Data) -> bool:
    """Whether a network gave what is back-propagated: what its ``backward()`` is given is the gradient to begin with."""
    return receiver.graph is Graph.ATTACHED and holds(receiver.tokens, (LossToken, ModelToken))


def backward(m: Machine, receiver: Data, given: Arguments, node: ir.Node, scope: Scope) -> Value:
    """``loss.backward()``, or ``engine.backward(loss)`` of something unknown."""
    place = m.place(node, scope)
    loss = given.get(0)
    is_loss = isinstance(loss, Data) and holds(loss.tokens, (LossToken, ModelToken))
    if receiver.promoted is not None or (is_loss and not _is_computed(receiver)):
        m.emit(Backward(place, loss, tokens_of(loss), "framework", m.flags.get("gradients")))
        return Constant(None)
    retain = given.keywords.get("retain_graph") or given.get(1)
    # The graph of gradients is differentiated again.
    again = given.keywords.get("create_graph") or given.get(2)
    kept = isinstance(retain, Constant) and bool(retain.value) and again is None
    via = "scaler" if receiver.origin == "scaled" else "tensor"
    scaling.gone_back(m, receiver)
    if not holds(receiver.tokens, LossToken):
        # What is back-propagated is the objective, whatever it is called.
        receiver.tokens = union(receiver.tokens, token(m, LossToken, place))
    m.emit(
        Backward(place, receiver, receiver.tokens, via, m.flags.get("gradients"), kept, lightning.optimised_by_hand(m))
    )
    if receiver.graph is Graph.UNKNOWN:
        # What can be back-propagated has a graph.
        receiver.graph = Graph.ATTACHED
    return Constant(None)


def environment_method(m: Machine, receiver: Value, name: str, given: Arguments, node: ir.Node, scope: Scope) -> Value:
    """A world that is acted in or looked at: ``env.step(action)``."""
    m.emit(Interacted(m.place(node, scope), name))
    # What a known one gives back answers what was done, which a network chose.
    tokens = union(*map(tokens_of, given.all())) if isinstance(receiver, Library) else NONE
    return Data(Kind.UNKNOWN, tokens, origin="environment")


def _by_role(m: Machine, receiver: Data, name: str, given: Arguments, node: ir.Node, scope: Scope) -> Value | None:
    """An unknown value is what its name and the methods that the program calls on it make it."""
    if receiver.tokens and not isinstance(receiver.name, str):
        return None
    role = role_of_name(receiver.name) if receiver.name else None
    if name == "zero_grad":
        kind = (
            "optimizer" if role == "optimizer" or ("set_to_none" not in given.keywords and role != "model") else "model"
        )
        promoted = promote(receiver, kind)
        return m.method(m, promoted, name, given, node, scope)
    if role == "environment" and name not in _OF_STORES:
        return environment_method(m, receiver, name, given, node, scope)
    if role == "optimizer" and name in ("step", "state_dict", "load_state_dict", "add_param_group"):
        return training.optimizer_method(m, promote(receiver, "optimizer"), name, given, node, scope)
    if role == "optimizer" and "step" in name:
        # `optimizer.step_and_update_lr()`: a wrapper that nobody described steps, and may set the rate.
        unknown_call(m, f"{receiver.name}.{name}", given, node, scope, receiver=promote(receiver, "optimizer"))
        m.emit(OptimizerStep(m.place(node, scope), promote(receiver, "optimizer"), "optimizer"))
        return Constant(None)
    if role == "scheduler" and name in ("step", "step_update", "state_dict", "load_state_dict", "get_last_lr"):
        return training.scheduler_method(m, promote(receiver, "scheduler"), name, given, node, scope)
    if role == "scaler" and name in ("scale", "step", "update", "unscale_", "state_dict", "load_state_dict"):
        return training.scaler_method(m, promote(receiver, "scaler"), name, given, node, scope)
    if receiver.tokens and role != "model":
        return None
    if name in NETWORK_ONLY and role not in ("optimizer", "scheduler", "scaler") and not receiver.tokens:
        return network_method(m, promote(receiver, "model"), name, given, node, scope)
    if role == "model" and not receiver.tokens and name in ("to", "cuda", "apply", "cpu", "half", "float"):
        return network_method(m, promote(receiver, "model"), name, given, node, scope) if name == "apply" else receiver
    if name == "step" and receiver.origin and receiver.origin.startswith("one of torch.optim"):
        m.emit(OptimizerStep(m.place(node, scope), promote(receiver, "optimizer"), "optimizer"))
        return Constant(None)
    if name in REPORTING and (receiver.name is None or any(word in receiver.name.lower() for word in LOGGERS)):
        return logger_method(m, promote(receiver, "logger"), name, given, node, scope)
    return None


def _of_mapping(m: Machine, receiver: Data, name: str) -> Value:
    element = Data(Kind.UNKNOWN, receiver.tokens, graph=receiver.graph)
    if name == "items":
        return Stream(TupleValue((Data(Kind.TEXT), element)), receiver)
    return Stream(element if name == "values" else Data(Kind.TEXT), receiver)


def _comparison(m: Machine, receiver: Data, given: Arguments, node: ir.Node, scope: Scope) -> Value:
    other = given.get(0)
    values: list[Value] = [receiver, *([other] if other is not None else [])]
    result = mix(*values)
    result.kind, result.operations = Kind.TENSOR, ()
    if result.graph is Graph.ATTACHED:
        result.graph, result.cut = Graph.DETACHED, m.place(node, scope)
        m.emit(Operated(m.place(node, scope), "comparison", receiver, bool(m.in_forward), {}, result))
    if measured(m, values, node, scope, "comparison"):
        result.tokens = union(result.tokens, token(m, MeasureToken, m.place(node, scope)))
    return result


def _unknown(m: Machine, receiver: Data, name: str, given: Arguments, node: ir.Node, scope: Scope) -> Value:
    place = m.place(node, scope)
    tokens = union(receiver.tokens, *(tokens_of(value) for value in given.all()))
    if name == "shuffle":
        return permuted(m, receiver, place, "torch", seeded=bool(given.all()))
    if name == "permutation":
        return permuted(m, given.get(0), place, "numpy", seeded=None)
    if name in ("glob", "rglob", "iterdir") and not receiver.tokens:
        return listing(m, place)
    if receiver.kind in (Kind.NUMBER, Kind.TEXT) or (receiver.kind is Kind.TENSOR and not _interesting(name)):
        result = mix(receiver, *given.all())
        result.operations = ()
        return result
    if name in ("train_dataloader", "val_dataloader", "test_dataloader"):
        made = Data(Kind.UNKNOWN, name=name)
        as_sources(m, made)
        return made
    result_value = unknown_call(m, f"{receiver.name or ''}.{name}".lstrip("."), given, node, scope, receiver=receiver)
    if isinstance(result_value, Data):
        result_value.tokens = union(result_value.tokens, tokens)
        if result_value.name is None and split_of_name(name):
            result_value.name = name
        if receiver.graph is Graph.ATTACHED and result_value.graph is Graph.UNKNOWN and name not in ("dot",):
            result_value.graph = Graph.ATTACHED
        if says_loss(name) and not holds(result_value.tokens, LossToken):
            if holds(tokens, ModelToken):
                result_value.tokens = union(result_value.tokens, token(m, LossToken, place))
    return result_value


def _interesting(name: str) -> bool:
    return split_of_name(name) is not None
