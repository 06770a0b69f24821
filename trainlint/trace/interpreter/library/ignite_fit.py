"""The training that an Ignite engine runs: its process function for each batch, and the handlers of its events.

An engine may as well evaluate: what its process function does tells. Those of ``create_supervised_trainer`` and
``create_supervised_evaluator`` are the library's own, and are written down as events.
"""

from __future__ import annotations

from trainlint.facts import ir
from trainlint.trace.events import (
    Decided,
    Escaped,
    Frame,
    Reported,
    Saved,
    SchedulerStep,
)
from trainlint.trace.interpreter.library import passes
from trainlint.trace.interpreter.library.contents import holds, objects
from trainlint.trace.interpreter.machine import Arguments, Machine
from trainlint.trace.merge import tokens_of
from trainlint.trace.scope import Scope
from trainlint.trace.tokens import NONE, Tokens
from trainlint.trace.values import (
    BoundMethod,
    Constant,
    Data,
    External,
    Function,
    Library,
    LibraryMethod,
    Partial,
    Value,
)

HANDLERS = "handlers"
# The events of an epoch or less; all others come once a run.
BATCH_EVENTS = ("ITERATION_STARTED", "GET_BATCH_STARTED", "ITERATION_COMPLETED")
ENDING = ("COMPLETED", "TERMINATE", "EXCEPTION_RAISED")
STARTING = "STARTED"


def registering(m: Machine, engine: Library, does: str, given: Arguments, node: ir.Node, scope: Scope) -> Value:
    """``@engine.on(event)``: what takes the handler."""
    return Partial(LibraryMethod(engine, "add_event_handler"), tuple(given.positional[:1]), {})


def register(m: Machine, engine: Library, does: str, given: Arguments, node: ir.Node, scope: Scope) -> Value:
    """``engine.add_event_handler(event, handler, *arguments)``. Gives the handler, as the decorator does."""
    handler = given.get(1, "handler")
    if handler is None:
        return Data()
    known = engine.state.get(HANDLERS, ())
    m.store.set(engine.state, HANDLERS, (*known, (_event(given.get(0, "event_name")), handler, given.positional[2:])))
    return handler


def _event(value: Value | None) -> str:
    """The event's name; a filtered or unknown one is taken for the end of an epoch."""
    return value.dotted.rpartition(".")[2] if isinstance(value, External) else "EPOCH_COMPLETED"


def walk_engine(m: Machine, engine: Library, does: str, given: Arguments, node: ir.Node, scope: Scope) -> Value:
    """``engine.run(data, max_epochs=...)``."""
    if engine.state.get("running"):  # a handler that runs its own engine goes on for ever
        return Data()
    m.store.set(engine.state, "running", True)
    try:
        _Engine(m, engine, given, node, scope).run()
    finally:
        m.store.set(engine.state, "running", False)
    return Data(name="state")


class _Engine:
    """One run of an engine."""

    def __init__(self, m: Machine, engine: Library, given: Arguments, node: ir.Node, scope: Scope) -> None:
        self.m = m
        self.engine = engine
        self.node = node
        self.scope = scope
        self.place = m.place(node, scope)
        self.data = given.get(0, "data")
        self.epochs = given.get(1, "max_epochs")
        self.measured: Tokens = NONE

    def run(self) -> None:
        self._fire(STARTING)
        if self.engine.short == "create_supervised_trainer":
            passes.told(self.m, self.data, "train")
        if self.epochs is None and not self._fires_within():
            self._batches()
        else:
            epochs = self.epochs.value if isinstance(self.epochs, Constant) else None
            loop = passes.epochs_of(self.m, self.place, epochs)
            for number in range(passes.WALKS):
                with self.m.looping(Frame(loop, number)):
                    self._fire("EPOCH_STARTED")
                    self._batches()
                    self._fire("EPOCH_COMPLETED")
        for event in ENDING:
            self._fire(event)

    def _fires_within(self) -> bool:
        """Whether handlers tell that the engine runs over its data more than once."""
        once = (STARTING, *ENDING)
        return any(event not in once for event, _, _ in self.engine.state.get(HANDLERS, ()))

    def _batches(self) -> None:
        loop = passes.batches_of(self.m, self.engine.place or self.place, self.data)
        for number in range(passes.WALKS):
            with self.m.looping(Frame(loop, number)):
                self._fire(*BATCH_EVENTS[:2])
                self._process(passes.batch_of(self.m, self.data, loop, self.node, self.scope, first=number == 0))
                self._fire(*BATCH_EVENTS[2:])

    def _process(self, batch: Value) -> None:
        given, data = self.engine.arguments, tokens_of(batch)
        model = given.get("model") or Data()
        if self.engine.short == "create_supervised_trainer":
            passes.train_pass(self.m, self.place, model, given.get("optimizer"), data, given.get("loss_fn"))
        elif self.engine.short == "create_supervised_evaluator":
            self.measured = passes.evaluation_pass(self.m, self.place, model, data)
        else:
            self._own(batch)

    def _own(self, batch: Value) -> None:
        function = self.engine.arguments.get("process_function")
        if function is None:
            return
        result = self.m.call(self.m, function, Arguments([self.engine, batch]), self.node, self.scope)
        # What it gives is `engine.state.output`, for handlers and metrics to read.
        self.measured = tokens_of(result)
        self.m.emit(Reported(self.place, self.measured, "returned"))

    def _fire(self, *events: str) -> None:
        for event, handler, arguments in self.engine.state.get(HANDLERS, ()):
            if event in events:
                self._handle(handler, list(arguments))

    def _handle(self, handler: Value, arguments: list[Value]) -> None:
        m = self.m
        kind = handler.trait("kind") if isinstance(handler, Library) else None
        if isinstance(handler, Library) and kind is not None:
            self._library(handler, str(kind), arguments)
        elif isinstance(handler, Function | BoundMethod | Partial) and len(m.calls) < m.budget.depth:
            node = handler.node if isinstance(handler, Function) else self.node
            where = handler.closure if isinstance(handler, Function) else self.scope
            m.call(m, handler, Arguments([self.engine, *arguments]), node, where)
        else:
            # It may evaluate, save and report.
            values = (handler, *arguments, *self.engine.arguments.values())
            m.emit(Escaped(self.place, "engine.callback", tuple(item for value in values for item in objects(value))))

    def _library(self, handler: Library, kind: str, arguments: list[Value]) -> None:
        """What the library's own handlers do."""
        m, place = self.m, handler.place or self.place
        if kind == "checkpoint":
            kept = arguments[0] if arguments else handler.arguments.get("to_save")
            found = holds(kept) if kept is not None else frozenset({"state"})
            m.emit(Saved(place, kept, found - {"data"} or frozenset({"state"}), handler.dotted))
            if handler.arguments.get("score_function") is not None:
                m.emit(Decided(place, self.measured, "best model"))
        elif kind == "early_stopping":
            m.emit(Decided(place, self.measured, "early stopping"))
        elif kind == "scheduler":
            scheduler = handler.arguments.get("lr_scheduler") or handler
            m.emit(SchedulerStep(place, scheduler, None))
