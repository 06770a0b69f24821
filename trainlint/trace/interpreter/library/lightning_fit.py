"""The training that Lightning's Trainer runs: the module's own hooks, in the order in which the Trainer calls them.

The Trainer zeroes gradients, goes back, steps, switches modes, turns gradients off for evaluation, steps the schedulers and
keeps a checkpoint; that is written down as events, so that rules need not know of Lightning.
"""

from __future__ import annotations

import re

from trainlint.facts import ir
from trainlint.findings import Place
from trainlint.knowledge import lookup
from trainlint.trace.events import (
    Backward,
    Decided,
    Designated,
    Frame,
    OptimizerStep,
    Reported,
    Saved,
    SchedulerStep,
    ZeroGrad,
)
from trainlint.trace.interpreter.attributes import class_attribute
from trainlint.trace.interpreter.library import lightning_data, passes
from trainlint.trace.interpreter.library.lightning import find, is_module
from trainlint.trace.interpreter.machine import Arguments, Machine
from trainlint.trace.interpreter.tensors import detached
from trainlint.trace.merge import options_of, tokens_of
from trainlint.trace.scope import Scope
from trainlint.trace.tokens import union
from trainlint.trace.values import (
    Class,
    Constant,
    Data,
    DictValue,
    Function,
    Instance,
    Kind,
    Library,
    ListValue,
    TupleValue,
    Value,
)

EPOCH_HOOKS = ("on_train_epoch_end", "training_epoch_end", "on_train_epoch_start")
VALIDATION_HOOKS = ("on_validation_epoch_end", "validation_epoch_end")


class Fit:
    """One call of ``trainer.fit`` and what it was given."""

    def __init__(self, m: Machine, trainer: Library, model: Instance, node: ir.Node, scope: Scope) -> None:
        self.m = m
        self.trainer = trainer
        self.model = model
        self.node = node
        self.scope = scope
        self.place = m.place(node, scope)
        self.datamodule: Value | None = None

    def has(self, hook: str) -> bool:
        return isinstance(class_attribute(self.model.cls, hook), Function)

    def hook(self, name: str, *arguments: Value) -> Value:
        """Call a hook of the module, where the project defines it."""
        if not self.has(name):
            return Constant(None)
        return self.m.method(self.m, self.model, name, Arguments(list(arguments)), self.node, self.scope)

    def loader(self, name: str) -> Value | None:
        """A loader from the data module, or from the module itself."""
        return lightning_data.loader(self.m, (self.datamodule, self.model), name, self.node, self.scope)

    def designated(self, data: Value | None, purpose: str) -> None:
        """Note what the data that the call is given is for."""
        if data is not None:
            self.m.emit(Designated(self.place, purpose, data))

    def hook_place(self, name: str) -> Place:
        function = class_attribute(self.model.cls, name)
        if isinstance(function, Function):
            return Place(function.closure.path, function.node.start, function.node.end)
        return self.place


def walk_trainer(m: Machine, trainer: Library, does: str, given: Arguments, node: ir.Node, scope: Scope) -> Value:
    """``trainer.fit(...)``, ``.validate(...)``, ``.test(...)``, or a `LightningCLI` that fits by itself."""
    if trainer.trait("fits") and "model_class" in trainer.arguments:
        return _command_line(m, trainer, node, scope)
    known = trainer.state.get("fit")
    model = next((v for v in map(m.unwrapped, given.all()) if is_module(v)), None)
    if model is None and isinstance(known, Fit):
        model = known.model
    if not isinstance(model, Instance):
        return Data()
    fit = Fit(m, trainer, model, node, scope)
    fit.datamodule = next(
        (v for v in given.all() if isinstance(v, Instance) and "lightning_datamodule" in v.kinds), None
    )
    if fit.datamodule is None and isinstance(known, Fit):
        fit.datamodule = known.datamodule
    trainer.state["fit"] = fit
    m.shared["lightning_trainer", id(model)] = trainer
    loaders = [value for value in given.positional if m.unwrapped(value) is not model and value is not fit.datamodule]
    if does == "fit":
        train = given.keywords.get("train_dataloaders") or given.keywords.get("train_dataloader")
        train = train or (loaders[0] if loaders else None)
        validation = given.keywords.get("val_dataloaders") or (loaders[1] if len(loaders) > 1 else None)
        if validation is None and _may_be_data_module(given.keywords.get("datamodule") or train):
            # What a data module brings along is not known: it may well validate.
            train, validation = Data(name="train_dataloader"), Data(name="val_dataloader")
        run_fit(fit, train, validation)
    else:
        data = given.keywords.get("dataloaders") or (loaders[0] if loaders else None)
        step = "test_step" if given_name(node) == "test" else "validation_step"
        _set_up(fit)
        hook = "test_dataloader" if step == "test_step" else "val_dataloader"
        fit.designated(data, lightning_data.PURPOSES[hook])
        evaluate(fit, data if data is not None else fit.loader(hook), step)
    return Data()


def _may_be_data_module(value: Value | None) -> bool:
    """Whether something unknown that a fit is given may be a data module, rather than a loader of training data."""
    return isinstance(value, Data) and not value.tokens and not re.search(r"load|train", value.name or "", re.I)


def given_name(node: ir.Node) -> str:
    """The method's name as written: ``validate`` and ``test`` do the same to different steps."""
    if isinstance(node, ir.Call) and isinstance(node.func, ir.Attribute):
        return node.func.attr
    return ""


def _command_line(m: Machine, cli: Library, node: ir.Node, scope: Scope) -> Value:
    """``LightningCLI(Model, DataModule)``: makes both from their defaults and fits, unless told not to."""
    made: list[Value | None] = []
    for name in ("model_class", "datamodule_class"):
        cls = cli.arguments.get(name)
        known = isinstance(cls, Class)
        made.append(m.call(m, cls, Arguments(), node, scope) if known and cls is not None else None)
    model, datamodule = made
    attributes = cli.state.setdefault("attributes", {})
    entry = lookup("pytorch_lightning.Trainer")
    assert entry is not None
    trainer = Library("pytorch_lightning.Trainer", entry, {}, cli.place)
    defaults = cli.arguments.get("trainer_defaults")
    if isinstance(defaults, DictValue):
        trainer.arguments.update({key: value for key, value in defaults.entries.items() if isinstance(key, str)})
    attributes["trainer"] = trainer
    if not isinstance(model, Instance):
        return cli
    attributes["model"] = model
    if datamodule is not None:
        attributes["datamodule"] = datamodule
    fit = Fit(m, trainer, model, node, scope)
    fit.datamodule = datamodule
    trainer.state["fit"] = fit
    if cli.constant("run") is not False:
        run_fit(fit, None, None)
    return cli


def _set_up(fit: Fit) -> None:
    lightning_data.set_up(fit.m, (fit.datamodule, fit.model), fit.node, fit.scope)


def run_fit(fit: Fit, train: Value | None, validation: Value | None) -> None:
    """The epochs of a fit."""
    m = fit.m
    _set_up(fit)
    configured = fit.hook("configure_optimizers")
    m.shared["configured", id(fit.model)] = configured
    train = train if train is not None else fit.loader("train_dataloader")
    fit.designated(validation, "validation")
    validation = validation if validation is not None else fit.loader("val_dataloader")
    fit.loader("test_dataloader")
    passes.told(m, train, "train")
    passes.told(m, validation, "validation")
    automatic = fit.model.attributes.get("automatic_optimization")
    manual = isinstance(automatic, Constant) and automatic.value is False
    loop = passes.epochs_of(m, fit.place, fit.trainer.constant("max_epochs"))
    for number in range(passes.WALKS):
        with m.looping(Frame(loop, number)):
            result = _train_epoch(fit, train, configured, manual)
            if validation is not None and fit.has("validation_step"):
                before = len(m.events)
                evaluate(fit, validation, "validation_step")
                _decide(fit, before)
            for hook in EPOCH_HOOKS:
                fit.hook(hook, *([_outputs(fit, result)] if hook == "training_epoch_end" else []))
            _end_epoch(fit, configured, manual)


def _decide(fit: Fit, before: int) -> None:
    """Callbacks that watch a logged metric keep the best weights by it, or stop."""
    logged = [event.tokens for event in fit.m.events[before:] if isinstance(event, Reported) and event.how == "log"]
    tokens = union(*logged)
    for callback in _callbacks(fit):
        if (
            not isinstance(callback, Library)
            or callback.place is None
            or not isinstance(callback.constant("monitor"), str)
        ):
            continue
        kind = callback.trait("kind")
        if kind in ("checkpoint", "early_stopping") and "train" not in callback.constant("monitor"):
            how = "early stopping" if kind == "early_stopping" else "best model"
            fit.m.emit(Decided(callback.place, tokens, how))


def _outputs(fit: Fit, result: Value) -> ListValue:
    """What the steps of an epoch returned, as its end is told: cut from the graph."""

    def cut(value: Value) -> Value:
        if isinstance(value, DictValue):
            return DictValue({key: cut(entry) for key, entry in value.entries.items()}, value.place)
        return detached(value, fit.place) if isinstance(value, Data) else value

    return ListValue((), cut(result), None)


def _train_epoch(fit: Fit, train: Value | None, configured: Value, manual: bool) -> Value:
    """The batches of an epoch; gives what a step returns."""
    m = fit.m
    result: Value = Constant(None)
    m.switch(fit.model, "train")
    loop = passes.batches_of(m, fit.hook_place("training_step"), train)
    step = class_attribute(fit.model.cls, "training_step")
    if isinstance(step, Function):
        # What the Trainer must be given back is not reported to anybody.
        m.shared["silent_returns", id(step.node)] = True
    for number in range(passes.WALKS):
        with m.looping(Frame(loop, number)):
            batch = passes.batch_of(m, train, loop, fit.node, fit.scope, first=number == 0)
            result = fit.hook("training_step", batch, Data(Kind.NUMBER, origin="index"))
            if manual:
                _batch_end(fit, result, batch)
                continue
            loss = _loss(result)
            place = fit.hook_place("training_step")
            m.emit(ZeroGrad(place, None, "framework"))
            m.emit(Backward(place, loss, tokens_of(loss), "framework", True))
            m.emit(OptimizerStep(place, next(iter(find(configured, "optimizer")), None), "framework"))
            for scheduler in find(configured, "scheduler") if _by_step(configured) else []:
                m.emit(SchedulerStep(place, scheduler, None))
            _batch_end(fit, result, batch)
    return result


def _batch_end(fit: Fit, result: Value, batch: Value) -> None:
    """What the module and the project's own callbacks are told of each step."""
    index = Data(Kind.NUMBER, origin="index")
    fit.hook("on_train_batch_end", result, batch, index)
    for callback in _callbacks(fit):
        if isinstance(callback, Data):
            fit.m.emit(Reported(fit.place, tokens_of(result), "unknown"))
        elif isinstance(callback, Instance) and callback is not fit.model:
            if isinstance(class_attribute(callback.cls, "on_train_batch_end"), Function):
                arguments = Arguments([fit.trainer, fit.model, result, batch, index])
                fit.m.method(fit.m, callback, "on_train_batch_end", arguments, fit.node, fit.scope)


def _callbacks(fit: Fit) -> list[Value]:
    """Those in the list, and those that older releases took by arguments of their own."""
    given = fit.trainer.arguments.get("callbacks")
    listed = [*given.items, given.rest] if isinstance(given, ListValue) else [given]
    listed += [fit.trainer.arguments.get(word) for word in ("checkpoint_callback", "early_stop_callback")]
    return [option for item in listed for option in options_of(item)]


def _loss(result: Value) -> Value:
    if isinstance(result, DictValue) and "loss" in result.entries:
        return result.entries["loss"]
    return result


def _by_step(configured: Value) -> bool:
    """Whether the configuration says ``"interval": "step"``."""
    if isinstance(configured, DictValue):
        interval = configured.entries.get("interval")
        if isinstance(interval, Constant) and interval.value == "step":
            return True
        return any(_by_step(entry) for entry in configured.entries.values())
    if isinstance(configured, TupleValue):
        return any(_by_step(element) for element in configured.elements)
    if isinstance(configured, ListValue):
        return any(_by_step(element) for element in configured.items)
    return False


def _end_epoch(fit: Fit, configured: Value, manual: bool) -> None:
    m = fit.m
    if not manual and not _by_step(configured):
        for scheduler in find(configured, "scheduler"):
            m.emit(SchedulerStep(fit.place, scheduler, None))
    if False not in (fit.trainer.constant("enable_checkpointing"), fit.trainer.constant("checkpoint_callback")):
        m.emit(Saved(fit.place, fit.model, frozenset({"state", "optimizer", "scheduler"}), "lightning"))


def evaluate(fit: Fit, data: Value | None, step: str) -> None:
    """A validation or test epoch: eval mode, no gradients."""
    m = fit.m
    if not fit.has(step):
        return
    m.switch(fit.model, "eval")
    loop = passes.batches_of(m, fit.hook_place(step), data)
    result: Value = Constant(None)
    with m.flag("gradients", False):
        for number in range(passes.WALKS):
            with m.looping(Frame(loop, number)):
                batch = passes.batch_of(m, data, loop, fit.node, fit.scope, first=number == 0)
                result = fit.hook(step, batch, Data(Kind.NUMBER, origin="index"))
        for hook in VALIDATION_HOOKS if step == "validation_step" else ():
            fit.hook(hook, *([_outputs(fit, result)] if hook == "validation_epoch_end" else []))
    m.switch(fit.model, "train")
