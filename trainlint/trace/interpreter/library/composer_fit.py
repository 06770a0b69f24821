"""The training that Composer's Trainer runs: the model's own ``forward`` and ``loss``, an evaluation if it has data for it."""

from __future__ import annotations

from trainlint.facts import ir
from trainlint.knowledge.schema import Entry
from trainlint.trace.events import Frame, Measured, Saved, SchedulerStep, ZeroGrad
from trainlint.trace.interpreter.attributes import class_attribute
from trainlint.trace.interpreter.library import passes
from trainlint.trace.interpreter.machine import Arguments, Machine
from trainlint.trace.merge import tokens_of
from trainlint.trace.scope import Scope
from trainlint.trace.tokens import union
from trainlint.trace.values import Constant, Data, Function, Instance, Library, ListValue, Value

SCHEDULER = Entry("scheduler", traits={"cadence": "any"})


def walk_trainer(m: Machine, trainer: Library, does: str, given: Arguments, node: ir.Node, scope: Scope) -> Value:
    """``trainer.fit()`` or ``trainer.eval()``."""
    run = _Fit(m, trainer, node, scope)
    if does == "fit":
        run.train(given.get(0, "train_dataloader") or trainer.arguments.get("train_dataloader"))
    else:
        run.evaluate(given.get(0, "eval_dataloader") or trainer.arguments.get("eval_dataloader"))
    return Data()


class _Fit:
    """One call of a trainer's method."""

    def __init__(self, m: Machine, trainer: Library, node: ir.Node, scope: Scope) -> None:
        self.m = m
        self.trainer = trainer
        self.node = node
        self.scope = scope
        self.place = m.place(node, scope)
        self.model = passes.network_of(m, trainer)
        self.optimizer = self._single("optimizers")

    def _single(self, name: str) -> Value | None:
        value = self.trainer.arguments.get(name)
        return value.items[0] if isinstance(value, ListValue) and value.items else value

    def train(self, data: Value | None) -> None:
        m = self.m
        held_out = self.trainer.arguments.get("eval_dataloader")
        passes.told(m, data, "train")
        passes.told(m, held_out, "validation")
        loop = passes.epochs_of(m, self.place)
        for number in range(passes.WALKS):
            with m.looping(Frame(loop, number)):
                self._epoch(data)
                if held_out is not None:
                    self.evaluate(held_out)
                if self.trainer.constant("save_folder") is not None:  # given, if only as an option
                    m.emit(Saved(self.place, self.model, frozenset({"state", "optimizer", "scheduler"}), "composer"))

    def _epoch(self, data: Value | None) -> None:
        m = self.m
        loop = passes.batches_of(m, self.trainer.place or self.place, data)
        scheduled = self.trainer.arguments.get("schedulers") is not None
        for number in range(passes.WALKS):
            with m.looping(Frame(loop, number)):
                batch = passes.batch_of(m, data, loop, self.node, self.scope, first=number == 0)
                self._learn(batch)
                if scheduled:
                    made = {"optimizer": self.optimizer} if self.optimizer is not None else {}
                    m.emit(SchedulerStep(self.place, Library("composer.scheduler", SCHEDULER, made, None), None))

    def _learn(self, batch: Value) -> None:
        m = self.m
        if not self._has("loss"):
            passes.train_pass(m, self.place, self.model, self.optimizer, tokens_of(batch))
            return
        m.switch(self.model, "train")
        outputs = m.call(m, self.model, Arguments([batch]), self.node, self.scope)
        loss = m.method(m, self.model, "loss", Arguments([outputs, batch]), self.node, self.scope)
        m.emit(ZeroGrad(self.place, self.optimizer, "framework"))
        passes.learn(m, self.place, loss, self.optimizer)

    def evaluate(self, data: Value | None) -> None:
        m = self.m
        mode = m.mode_of(self.model)
        loop = passes.batches_of(m, self.trainer.place or self.place, data)
        with m.flag("gradients", False):
            for number in range(passes.WALKS):
                with m.looping(Frame(loop, number)):
                    batch = passes.batch_of(m, data, loop, self.node, self.scope, first=number == 0)
                    self._measure(batch)
        m.switch(self.model, mode)

    def _measure(self, batch: Value) -> None:
        m = self.m
        m.switch(self.model, "eval")
        if not isinstance(self.model, Instance):
            passes.evaluation_pass(m, self.place, self.model, tokens_of(batch))
            return
        if self._has("eval_forward"):
            given = Arguments([batch, Constant(None)])
            outputs = m.method(m, self.model, "eval_forward", given, self.node, self.scope)
        else:
            outputs = m.call(m, self.model, Arguments([batch]), self.node, self.scope)
        m.emit(Measured(self.place, union(tokens_of(outputs), tokens_of(batch)), "evaluate"))

    def _has(self, method: str) -> bool:
        return isinstance(self.model, Instance) and isinstance(class_attribute(self.model.cls, method), Function)
