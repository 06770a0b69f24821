"""Methods of everything that is no project class: by the role of the receiver."""

from __future__ import annotations

from collections.abc import Callable

from trainlint.facts import ir
from trainlint.knowledge.watching import METHODS as WATCHING
from trainlint.trace.events import SamplerEpochSet, Watched
from trainlint.trace.interpreter import collections as containers
from trainlint.trace.interpreter import learning
from trainlint.trace.interpreter.contexts import stack_method
from trainlint.trace.interpreter.library import options, training
from trainlint.trace.interpreter.library.datasets import dataset_method, loader_method
from trainlint.trace.interpreter.library.frameworks import framework_method
from trainlint.trace.interpreter.library.lightning import is_lightning, lightning_method
from trainlint.trace.interpreter.library.network_methods import is_network_method, network_method
from trainlint.trace.interpreter.library.reporting import callback_method, logger_method, metric_method, progress_method
from trainlint.trace.interpreter.library.tensor_methods import data_method, environment_method
from trainlint.trace.interpreter.library.unknown import unknown_call
from trainlint.trace.interpreter.machine import Arguments, Machine
from trainlint.trace.interpreter.networks import is_network
from trainlint.trace.merge import tokens_of
from trainlint.trace.scope import Scope
from trainlint.trace.values import (
    Constant,
    Data,
    DictValue,
    External,
    GeneratorValue,
    Instance,
    Kind,
    Library,
    ListValue,
    Stream,
    TupleValue,
    Value,
)

Method = Callable[[Machine, Library, str, Arguments, ir.Node, Scope], Value]


def call_method(m: Machine, receiver: Value, name: str, given: Arguments, node: ir.Node, scope: Scope) -> Value:
    """``receiver.name(...)``."""
    if name == "set_epoch":
        # Also of a loader, a data set or something unknown: whose epoch that sets is for the rules to tell.
        m.emit(SamplerEpochSet(m.place(node, scope), receiver))
    if name in WATCHING:
        m.emit(Watched(m.place(node, scope), WATCHING[name], receiver))
    if name == "__len__":
        return m.call(m, External("builtins.len"), Arguments([receiver]), node, scope)
    if isinstance(receiver, Library):
        return _of_library(m, receiver, name, given, node, scope)
    if isinstance(receiver, Instance):
        return _of_instance(m, receiver, name, given, node, scope)
    if isinstance(receiver, ListValue):
        return containers.list_method(m, receiver, name, given, node, scope)
    if isinstance(receiver, DictValue):
        return containers.dict_method(m, receiver, name, given, node, scope)
    if isinstance(receiver, TupleValue):
        return Data(Kind.NUMBER)
    if isinstance(receiver, Constant):
        return containers.text_method(m, receiver, name, given, node, scope)
    if isinstance(receiver, Stream | GeneratorValue):
        return m.call(m, _builtin(name), Arguments([receiver]), node, scope)
    if isinstance(receiver, Data):
        return data_method(m, receiver, name, given, node, scope)
    return unknown_call(m, name, given, node, scope)


def _builtin(name: str) -> Value:
    return External("builtins.next" if name in ("next", "__next__") else "builtins.iter")


def _of_library(m: Machine, receiver: Library, name: str, given: Arguments, node: ir.Node, scope: Scope) -> Value:
    attributes = receiver.state.get("attributes", {})
    if name in attributes and not isinstance(attributes[name], Data):
        return m.call(m, attributes[name], given, node, scope)
    handler = METHODS.get(receiver.role)
    if handler is not None:
        return handler(m, receiver, name, given, node, scope)
    if is_network(receiver):
        return network_method(m, receiver, name, given, node, scope)
    if receiver.source is not None:
        return dataset_method(m, receiver, name, given, node, scope)
    return unknown_call(m, f"{receiver.short}.{name}", given, node, scope, receiver=receiver)


def _of_instance(m: Machine, receiver: Instance, name: str, given: Arguments, node: ir.Node, scope: Scope) -> Value:
    """What an instance inherits from a library."""
    if "framework" in receiver.kinds:
        return _of_framework(m, receiver, name, given, node, scope)
    if name == "__init__" and not receiver.cls.has_unknown_base():
        # `super().__init__()` of a library's base class does nothing that a rule asks about.
        return Constant(None)
    if "argument_parser" in receiver.kinds:
        return options.parser_method(m, receiver, name, given, node, scope)
    if is_config_node(receiver) and (name in training.CONFIGURING or name in ("clone", "copy")):
        return training.namespace_method(m, receiver, name, given, node, scope)
    if is_lightning(receiver):
        handled = lightning_method(m, receiver, name, given, node, scope)
        if handled is not None:
            return handled
    if "module" in receiver.kinds and is_network_method(name):
        return network_method(m, receiver, name, given, node, scope)
    if "optimizer" in receiver.kinds:
        return training.optimizer_method(m, receiver, name, given, node, scope)
    if "scheduler" in receiver.kinds:
        return training.scheduler_method(m, receiver, name, given, node, scope)
    if "dataset" in receiver.kinds:
        return dataset_method(m, receiver, name, given, node, scope)
    if receiver.cls.has_unknown_base() or receiver.kinds or any(True for _ in receiver.cls.external_bases()):
        return unknown_call(m, f"{receiver.cls.name}.{name}", given, node, scope, receiver=receiver)
    return Data(Kind.UNKNOWN, tokens_of(receiver))


def is_config_node(value: Instance) -> bool:
    return any(dotted.endswith(".CfgNode") for dotted in value.cls.external_bases())


def _of_framework(m: Machine, receiver: Instance, name: str, given: Arguments, node: ir.Node, scope: Scope) -> Value:
    """A project class derived from a framework's own: it holds the framework object that it is."""
    if name == "__init__":
        for dotted in receiver.cls.external_bases():
            made = m.call(m, External(dotted), given, node, scope)
            if isinstance(made, Library):
                made.state["instance"] = receiver
                for key, value in {**made.arguments, **made.state.get("attributes", {})}.items():
                    receiver.attributes.setdefault(key, value)
                m.shared["framework", id(receiver)] = made
        return Constant(None)
    held = m.shared.get(("framework", id(receiver)))
    if isinstance(held, Library):
        return framework_method(m, held, name, given, node, scope)
    return unknown_call(m, f"{receiver.cls.name}.{name}", given, node, scope, receiver=receiver)


METHODS: dict[str, Method] = {
    "optimizer": training.optimizer_method,
    "scheduler": training.scheduler_method,
    "scaler": training.scaler_method,
    "loader": loader_method,
    "dataset": dataset_method,
    "dataset_loader": dataset_method,
    "subset": dataset_method,
    "concat": dataset_method,
    "sampler": training.quiet,
    "framework": framework_method,
    "saver": framework_method,
    "logger": logger_method,
    "report": logger_method,
    "progress": progress_method,
    "metric": metric_method,
    "callback": callback_method,
    "environment": environment_method,
    "options": options.parser_method,
    "namespace": training.namespace_method,
    "generator": training.generator_method,
    "splitter": training.splitter_method,
    "state": training.state_method,
    "checkpoint": training.state_method,
    "element": training.parameter_method,
    "parameters": training.parameter_method,
    "parameter_grad": training.grad_method,
    "parameter_data": training.grad_method,
    "grad_mode": training.quiet,
    "autocast": training.quiet,
    "preprocessor": learning.preprocessor_method,
    "base_object": training.quiet,
    "exit_stack": stack_method,
}
