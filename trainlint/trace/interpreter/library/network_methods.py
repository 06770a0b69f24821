"""Methods that every ``nn.Module`` has."""

from __future__ import annotations

from trainlint.facts import ir
from trainlint.knowledge.schema import Entry
from trainlint.trace.events import Backward, Frozen, Loaded, ModeSwitch, OptimizerStep, Saved, ZeroGrad
from trainlint.trace.interpreter import precision
from trainlint.trace.interpreter.attributes import class_attribute
from trainlint.trace.interpreter.gradients import is_off
from trainlint.trace.interpreter.library.persistence import state_of
from trainlint.trace.interpreter.library.unknown import apply_unknown_model, unknown_call
from trainlint.trace.interpreter.machine import Arguments, Machine
from trainlint.trace.interpreter.networks import is_network, unknown_network
from trainlint.trace.merge import tokens_of
from trainlint.trace.scope import Scope
from trainlint.trace.values import (
    BoundMethod,
    Constant,
    Data,
    Function,
    Instance,
    Kind,
    Library,
    Stream,
    TupleValue,
    Value,
)

SAME = frozenset(
    "to cuda cpu float half double bfloat16 type to_empty share_memory requires_grad_ xpu compile freeze unfreeze".split()
)
PARAMETERS = frozenset({"parameters", "named_parameters", "trainable_parameters", "buffers", "named_buffers"})
MODULES = frozenset({"modules", "children", "named_modules", "named_children"})
QUIET = frozenset(
    "register_forward_hook register_full_backward_hook register_backward_hook"
    " register_forward_pre_hook extra_repr get_parameter get_buffer print_trainable_parameters num_parameters"
    " resize_token_embeddings gradient_checkpointing_enable gradient_checkpointing_disable enable_input_require_grads"
    " _init_weights init_weights reset_parameters flatten_parameters get_submodule named_buffers __init__ tie_weights"
    " gradient_accumulation set_grad_checkpointing no_weight_decay dummy_inputs __setattr__ __getattr__ size".split()
)
OTHERS = frozenset(
    "train eval state_dict load_state_dict zero_grad apply forward add_module register_module append extend"
    " register_buffer register_parameter".split()
)
SAVING = frozenset("save_pretrained save_checkpoint save save_model push_to_hub save_weights save_adapter".split())


def is_network_method(name: str) -> bool:
    return name in SAME or name in PARAMETERS or name in MODULES or name in QUIET or name in OTHERS or name in SAVING


def network_method(m: Machine, receiver: Value, name: str, given: Arguments, node: ir.Node, scope: Scope) -> Value:
    place = m.place(node, scope)
    if name in ("train", "eval"):
        return switch_mode(m, receiver, name, given, node, scope)
    if name in SAME:
        if name == "requires_grad_":
            _freeze(m, receiver, given)
            m.emit(Frozen(place, m.unwrapped(receiver), is_off(given.get(0, "requires_grad") or Constant(True))))
        precision.convert_network(m, receiver, name, given)
        return receiver
    if name in PARAMETERS:
        return _parameters(m, receiver, name, node, scope)
    if name in MODULES:
        return _modules(m, receiver, name, node, scope)
    if name == "state_dict":
        return state_of(m, receiver, node, scope)
    if name == "load_state_dict":
        m.emit(Loaded(place, receiver, given.get(0), "load_state_dict"))
        return Data()
    if name == "zero_grad":
        m.emit(ZeroGrad(place, receiver, "model"))
        return Constant(None)
    if name in SAVING:
        m.emit(Saved(place, receiver, frozenset({"state"}), name))
        return Data()
    if name == "apply":
        return _apply(m, receiver, given, node, scope)
    if name in ("forward", "__call__"):
        return m.call(m, receiver, given, node, scope)
    if name in ("add_module", "register_module", "append", "extend"):
        for value in given.all():
            if is_network(value):
                m.adopt(receiver, value)
        return receiver
    if name in ("backward", "step") and isinstance(receiver, Library):
        return _engine(m, receiver, name, given, node, scope)
    if name in ("register_buffer", "register_parameter"):
        _register(m, receiver, given)
        return Data()
    if name in QUIET:
        return Data()
    if isinstance(receiver, Library):
        if given.positional and any(tokens_of(value) for value in given.all()):
            # `model.encode(x)`, `model.generate(x)`: another way through the network.
            return apply_unknown_model(m, receiver, given, node, scope)
        return unknown_call(m, f"{receiver.short}.{name}", given, node, scope, receiver=receiver)
    return unknown_call(m, name, given, node, scope, receiver=receiver)


def switch_mode(m: Machine, receiver: Value, name: str, given: Arguments, node: ir.Node, scope: Scope) -> Value:
    """``model.train()``, ``model.train(False)``, ``model.eval()``; parts that override ``train`` have their say."""
    mode = name
    if name == "train":
        flag = given.get(0, "mode")
        if isinstance(flag, Constant) and not flag.optional:
            mode = "train" if flag.value else "eval"
        elif flag is not None:
            mode = "train" if isinstance(flag, Constant) and flag.value else "unknown"
    m.switch(receiver, mode)
    m.emit(ModeSwitch(m.place(node, scope), m.unwrapped(receiver), mode))
    if isinstance(receiver, Instance):
        for part in list(receiver.attributes.values()):
            _descend(m, part, mode, node, scope)
        override = class_attribute(receiver.cls, "train")
        if name == "eval" and isinstance(override, Function) and m.stack_nodes.count(id(override.node)) == 0:
            m.call(m, BoundMethod(receiver, override), Arguments([Constant(False)]), node, scope)
    return receiver


def _descend(m: Machine, part: Value, mode: str, node: ir.Node, scope: Scope) -> None:
    inner = m.unwrapped(part)
    if not isinstance(inner, Instance) or "module" not in inner.kinds:
        return
    override = class_attribute(inner.cls, "train")
    if isinstance(override, Function) and m.stack_nodes.count(id(override.node)) == 0:
        m.call(m, BoundMethod(inner, override), Arguments([Constant(mode == "train")]), node, scope)


def _register(m: Machine, receiver: Value, given: Arguments) -> None:
    """``self.register_buffer("mask", mask)`` binds an attribute. What nothing is put into yet, is not known."""
    name, value = given.get(0, "name"), given.get(1, "tensor") or given.keywords.get("param")
    if isinstance(receiver, Instance) and isinstance(name, Constant) and isinstance(value, Data):
        m.store.set(receiver.attributes, str(name.value), value)


def _freeze(m: Machine, receiver: Value, given: Arguments) -> None:
    flag = given.get(0)
    frozen = isinstance(flag, Constant) and flag.value is False
    if isinstance(receiver, Library):
        m.store.set(receiver.state, "frozen", frozen)
    else:
        m.store.set(m.shared.setdefault("frozen", {}), id(receiver), frozen)


def _parameters(m: Machine, receiver: Value, name: str, node: ir.Node, scope: Scope) -> Value:
    found = Library("<parameters>", Entry("parameters"), {"of": m.unwrapped(receiver)}, m.place(node, scope))
    if name.startswith("named"):
        element = Library("<element>", Entry("element"), {"of": m.unwrapped(receiver)}, found.place)
        return Stream(TupleValue((Data(Kind.TEXT, name="name"), element)), found)
    return found


def _modules(m: Machine, receiver: Value, name: str, node: ir.Node, scope: Scope) -> Value:
    part = unknown_network(m.place(node, scope))
    part.state["part_of"] = m.unwrapped(receiver)
    m.adopt(receiver, part)
    element: Value = TupleValue((Data(Kind.TEXT, name="name"), part)) if name.startswith("named") else part
    return Stream(element, receiver)


def _apply(m: Machine, receiver: Value, given: Arguments, node: ir.Node, scope: Scope) -> Value:
    """``model.apply(init)`` calls the function with each part."""
    function = given.get(0)
    if function is not None and not isinstance(function, Data):
        part = unknown_network(m.place(node, scope))
        part.state["part_of"] = m.unwrapped(receiver)
        m.call(m, function, Arguments([part]), node, scope)
    return receiver


def _engine(m: Machine, receiver: Library, name: str, given: Arguments, node: ir.Node, scope: Scope) -> Value:
    """DeepSpeed's engine is used as the model; nothing else that is called a model steps."""
    place = m.place(node, scope)
    if name == "backward":
        loss = given.get(0)
        m.emit(Backward(place, loss, tokens_of(loss), "framework", m.flags.get("gradients")))
    else:
        m.emit(OptimizerStep(place, None, "framework"))
        m.emit(ZeroGrad(place, receiver, "engine"))
    return Constant(None)
