"""Lightning: what a module inherits, and the training that its Trainer runs."""

from __future__ import annotations

from trainlint.facts import ir
from trainlint.findings import Place
from trainlint.knowledge.schema import Entry
from trainlint.trace.events import Backward, Clip, Reported
from trainlint.trace.interpreter.machine import Arguments, Machine
from trainlint.trace.interpreter.tensors import token
from trainlint.trace.merge import tokens_of
from trainlint.trace.scope import Scope
from trainlint.trace.tokens import NONE, MeasureToken, Tokens, union
from trainlint.trace.values import Choice, Constant, Data, DictValue, Instance, Library, ListValue, TupleValue, Value


def is_module(value: Value) -> bool:
    return isinstance(value, Instance) and "lightning_module" in value.kinds


def is_lightning(value: Value) -> bool:
    return isinstance(value, Instance) and bool(value.kinds & {"lightning_module", "lightning_datamodule"})


def lightning_method(
    m: Machine, receiver: Instance, name: str, given: Arguments, node: ir.Node, scope: Scope
) -> Value | None:
    """Methods of ``LightningModule``; None where it has no such method."""
    place = m.place(node, scope)
    if name in ("log", "log_dict"):
        m.emit(Reported(place, union(*(_logged(m, value, place) for value in given.all())), "log"))
        return Constant(None)
    if name == "manual_backward":
        loss = given.get(0)
        m.emit(Backward(place, loss, tokens_of(loss), "accelerator", m.flags.get("gradients")))
        return Constant(None)
    if name in ("optimizers", "lr_schedulers"):
        return _configured(m, receiver, "optimizer" if name == "optimizers" else "scheduler", node, scope)
    if name == "clip_gradients":
        m.emit(Clip(place, receiver))
        return Constant(None)
    if name == "save_hyperparameters":
        _hyperparameters(m, receiver)
        return Constant(None)
    return None


def _logged(m: Machine, value: Value, place: Place) -> Tokens:
    """Of a metric that is logged as the object that it is, what it has collected."""
    if isinstance(value, Library) and value.role == "metric":
        collected: Tokens = value.state.get("tokens", NONE)
        return union(collected, token(m, MeasureToken, place))
    if isinstance(value, DictValue):
        return union(*(_logged(m, entry, place) for entry in value.entries.values()))
    return tokens_of(value)


def optimised_by_hand(m: Machine) -> Value | None:
    """The module in whose ``training_step`` the walk is, where it has turned Lightning's automatic optimisation off."""
    for activation in m.activations:
        if activation.function is not None and activation.function.name == "training_step":
            receiver = next(iter(activation.scope.names.values()), None)
            if receiver is not None and is_lightning(receiver) and isinstance(receiver, Instance):
                automatic = receiver.attributes.get("automatic_optimization")
                if isinstance(automatic, Constant) and automatic.value is False:
                    return receiver
    return None


def _hyperparameters(m: Machine, receiver: Instance) -> None:
    """``self.hparams`` holds the arguments of ``__init__``."""
    found = Library("<hparams>", Entry("namespace"), {}, receiver.place)
    found.state["options"] = {key: value for key, value in m.activation.scope.names.items() if key != "self"}
    m.store.set(receiver.attributes, "hparams", found)


def _configured(m: Machine, receiver: Instance, role: str, node: ir.Node, scope: Scope) -> Value:
    configured = m.shared.get(("configured", id(receiver)))
    if configured is None:
        return Data(name=role)
    found = find(configured, role)
    if not found:
        return Data(name=role)
    return found[0] if len(found) == 1 else TupleValue(tuple(found))


def find(value: Value, role: str) -> list[Value]:
    """Optimizers or schedulers in what ``configure_optimizers`` returns."""
    if isinstance(value, Library):
        return [value] if value.role == role else []
    if isinstance(value, Instance):
        return [value] if role in value.kinds else []
    if isinstance(value, TupleValue):
        return [item for element in value.elements for item in find(element, role)]
    if isinstance(value, ListValue):
        return [item for element in value.items for item in find(element, role)]
    if isinstance(value, DictValue):
        return [item for element in value.entries.values() for item in find(element, role)]
    if isinstance(value, Choice):
        return [item for element in value.options for item in find(element, role)]
    return []
