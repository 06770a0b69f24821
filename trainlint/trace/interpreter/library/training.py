"""Methods of optimizers, schedulers, scalers and what belongs to them."""

from __future__ import annotations

from trainlint.facts import ir
from trainlint.knowledge.schema import Entry
from trainlint.trace.events import (
    Backward,
    Loaded,
    ModeSwitch,
    OptimizerStep,
    ParametersGiven,
    ScalerUpdate,
    SchedulerStep,
    Unscale,
    ZeroGrad,
)
from trainlint.trace.interpreter import gradients, initial
from trainlint.trace.interpreter.attributes import of_library
from trainlint.trace.interpreter.learning import divided
from trainlint.trace.interpreter.library.persistence import restored, state_of
from trainlint.trace.interpreter.library.unknown import unknown_call
from trainlint.trace.interpreter.machine import Arguments, Machine
from trainlint.trace.interpreter.operators import GRADIENT, is_gradient, mix
from trainlint.trace.interpreter.ordering import permuted, shuffle_in_place
from trainlint.trace.interpreter.tensors import drawn_token, reshaped
from trainlint.trace.merge import join, tokens_of
from trainlint.trace.scope import Scope
from trainlint.trace.values import (
    BoundMethod,
    Constant,
    Data,
    Function,
    Kind,
    Library,
    Stream,
    TupleValue,
    Value,
)


def optimizer_method(m: Machine, receiver: Value, name: str, given: Arguments, node: ir.Node, scope: Scope) -> Value:
    place = m.place(node, scope)
    if name in ("step", "first_step", "second_step"):
        closure = given.get(0, "closure")
        loss: Value = Constant(None)
        if isinstance(closure, Function | BoundMethod):
            loss = m.call(m, closure, Arguments(), node, scope)
        m.emit(OptimizerStep(place, receiver, "optimizer"))
        zero = given.get(0 if name != "step" else 2, "zero_grad")
        if isinstance(zero, Constant) and zero.value:
            m.emit(ZeroGrad(place, receiver, "step"))
        return loss
    if name == "zero_grad":
        m.emit(ZeroGrad(place, receiver, "optimizer"))
        return Constant(None)
    if name == "state_dict":
        return state_of(m, receiver, node, scope)
    if name == "load_state_dict":
        m.emit(Loaded(place, receiver, given.get(0), "load_state_dict"))
        return Constant(None)
    if name in ("train", "eval"):
        m.emit(ModeSwitch(place, receiver, name))
        return Constant(None)
    if name == "add_param_group" and isinstance(receiver, Library):
        added = given.get(0)
        m.emit(ParametersGiven(place, receiver, added))
        if added is not None:
            held = receiver.arguments.get("params")
            m.store.set(receiver.arguments, "params", join(held, added) if held is not None else added)
        return Constant(None)
    if name == "backward":
        # Apex and fp16 optimizers: `optimizer.backward(loss)`.
        loss_value = given.get(0)
        m.emit(Backward(place, loss_value, tokens_of(loss_value), "framework", m.flags.get("gradients")))
        return Constant(None)
    return Data(Kind.UNKNOWN)


def scheduler_method(m: Machine, receiver: Value, name: str, given: Arguments, node: ir.Node, scope: Scope) -> Value:
    place = m.place(node, scope)
    if name in ("step", "step_update", "step_batch", "step_epoch"):
        m.emit(SchedulerStep(place, receiver, given.get(0, "metrics") or given.get(1, "metric")))
        return Constant(None)
    if name == "state_dict":
        return state_of(m, receiver, node, scope)
    if name == "load_state_dict":
        m.emit(Loaded(place, receiver, given.get(0), "load_state_dict"))
        return Constant(None)
    return Data(Kind.NUMBER)


def scaler_method(m: Machine, receiver: Library, name: str, given: Arguments, node: ir.Node, scope: Scope) -> Value:
    place = m.place(node, scope)
    if name == "scale":
        value = given.get(0, "outputs")
        result = reshaped(value) if isinstance(value, Data) else mix(*given.all())
        result.origin = "scaled"
        m.shared["scaler", id(result)] = receiver
        m.kept.append(result)
        return result
    if name == "step":
        optimizer = given.get(0, "optimizer")
        m.emit(OptimizerStep(place, optimizer, "scaler", receiver))
        return Constant(None)
    if name == "update":
        m.emit(ScalerUpdate(place, receiver))
        return Constant(None)
    if name == "unscale_":
        m.emit(Unscale(place, receiver, given.get(0, "optimizer")))
        return Constant(None)
    if name == "state_dict":
        return state_of(m, receiver, node, scope)
    if name == "load_state_dict":
        m.emit(Loaded(place, receiver, given.get(0), "load_state_dict"))
    return Data(Kind.NUMBER)


# What configuration nodes (yacs) are asked: what files and lists change is no default.
CONFIGURING = frozenset("merge_from_file merge_from_list merge_from_other_cfg freeze defrost set_new_allowed".split())


def namespace_method(m: Machine, receiver: Value, name: str, given: Arguments, node: ir.Node, scope: Scope) -> Value:
    if name in CONFIGURING:
        return Constant(None)
    if name in ("clone", "copy") and not given.all():
        return receiver
    if not isinstance(receiver, Library):
        return Data()
    value = of_library(m, receiver, name, node, scope)
    return (
        unknown_call(m, name, given, node, scope)
        if isinstance(value, Data | Constant)
        else m.call(m, value, given, node, scope)
    )


def generator_method(m: Machine, receiver: Library, name: str, given: Arguments, node: ir.Node, scope: Scope) -> Value:
    place = m.place(node, scope)
    if name in ("manual_seed", "seed"):
        m.store.set(receiver.state, "seeded", True)
        return receiver
    draws = receiver.dotted.partition(".")[0].replace("random", "python")
    if name in ("permutation", "sample", "choice", "choices"):
        return permuted(m, given.get(0), place, draws, seeded=is_seeded(receiver))
    if name == "shuffle":
        shuffle_in_place(m, given.get(0), place, draws, seeded=is_seeded(receiver))
        return Constant(None)
    if name in ("random", "rand", "uniform"):
        return Data(Kind.TENSOR, drawn_token(m, place, draws, seeded=is_seeded(receiver)))
    return Data()


def is_seeded(generator: Library) -> bool:
    """Whether a generator begins at a fixed seed: torch's does without one."""
    given = next(iter(generator.arguments.values()), None)
    fixed = given is not None and not (isinstance(given, Constant) and given.value is None)
    return fixed or generator.dotted.startswith("torch.") or bool(generator.state.get("seeded"))


def splitter_method(m: Machine, receiver: Library, name: str, given: Arguments, node: ir.Node, scope: Scope) -> Value:
    if name != "split":
        return Data()
    divided(m, m.place(node, scope), [*given.positional])
    pair = TupleValue((Data(Kind.UNKNOWN, name=None), Data(Kind.UNKNOWN, name=None)))
    return Stream(pair, given.get(0))


def state_method(m: Machine, receiver: Library, name: str, given: Arguments, node: ir.Node, scope: Scope) -> Value:
    """State dicts and checkpoints are used as dicts."""
    if name == "copy":
        return Library(receiver.dotted, receiver.entry, receiver.arguments, m.place(node, scope))
    if name == "items":
        return Stream(
            TupleValue((Data(Kind.TEXT), Library("<element>", Entry("parameter_data"), receiver.arguments, None))),
            receiver,
        )
    if name not in ("get", "pop"):
        return Data()
    number = restored(given.get(0)) if receiver.role == "checkpoint" else None
    return number or Library("<state>", receiver.entry, receiver.arguments, receiver.place)


def parameter_method(m: Machine, receiver: Library, name: str, given: Arguments, node: ir.Node, scope: Scope) -> Value:
    if name in ("requires_grad_", "requires_grad"):
        flag = given.get(0)
        frozen = isinstance(flag, Constant) and flag.value is False
        m.store.set(receiver.state, "frozen", frozen)
        gradients.set_parameters(m, receiver, "requires_grad", flag or Constant(True), m.place(node, scope))
        return receiver
    if name == "clone":
        return Library("<clone>", Entry("parameter_data"), receiver.arguments, None)
    if not initial.by_method(m, receiver, name, given, node, scope):
        gradients.by_method_in_place(m, receiver, name, m.place(node, scope))
    gradients.by_method(m, receiver, name, given.all(), node, scope)
    return Data(Kind.TENSOR)


def grad_method(m: Machine, receiver: Library, name: str, given: Arguments, node: ir.Node, scope: Scope) -> Value:
    """``p.grad.zero_()``, ``p.data.add_(-lr * p.grad)``."""
    if receiver.role == "parameter_grad" and name in ("zero_", "fill_"):
        m.emit(ZeroGrad(m.place(node, scope), receiver.arguments.get("of"), "grad.zero_"))
    elif receiver.role == "parameter_data" and initial.by_method(m, receiver, name, given, node, scope):
        return Data(Kind.TENSOR)
    elif receiver.role == "parameter_grad" and name in ("data", "detach", "detach_"):
        return receiver
    gradients.by_method_in_place(m, receiver, name, m.place(node, scope))
    gradients.by_method(m, receiver, name, given.all(), node, scope)
    return Data(Kind.TENSOR, origin=GRADIENT if is_gradient(receiver) else None)


def quiet(m: Machine, receiver: Library, name: str, given: Arguments, node: ir.Node, scope: Scope) -> Value:
    return Data(Kind.UNKNOWN)
