"""The state of one symbolic execution: where it is, what holds there, and what has happened so far."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import msgspec

from trainlint.facts import ir
from trainlint.findings import Place
from trainlint.trace.events import Call, Event, Frame, Guard
from trainlint.trace.interpreter.flow import Flow
from trainlint.trace.interpreter.wording import describe
from trainlint.trace.project import Project
from trainlint.trace.scope import Scope
from trainlint.trace.store import Delta, Store
from trainlint.trace.values import Data, Function, Instance, Library, Value, Wrapped

# Followed calls nest at most this deep, and a function calls itself at most this often: recursion is walked, not unrolled.
CALL_DEPTH = 28
RECURSION = 2
# Whoever waits is told after so many statements that the walk goes on, and may end it.
PULSE = 64
# A function is walked at most this often in one run: after that it tells nothing new.
WALKS = 120


class Budget(msgspec.Struct, frozen=True):
    """Statements walked in one run. Beyond ``following``, calls inside followed calls are left unknown; beyond ``all``, the rest is.

    Training programs need a few thousand statements. Calls nest at most ``depth`` deep.
    """

    following: int
    all: int
    depth: int


SCRIPT = Budget(8_000, 24_000, CALL_DEPTH)
# A function that trains, and that no script reaches.
TRAINING = Budget(4_000, 12_000, CALL_DEPTH)
# Any other function: only what is wrong in itself can be found.
FUNCTION = Budget(1_000, 3_000, 1)


def _is_constructed(origin: str | None) -> bool:
    """Whether a value came out of calling an unknown class: a module that was just made is in train mode."""
    return (
        origin is not None
        and origin.startswith("call:")
        and origin.rpartition(".")[2].removeprefix("call:")[:1].isupper()
    )


def _nothing() -> None:
    """Nobody wants to know how far it is."""


class OutOfBudget(Exception):
    """The run is too large to be walked to its end."""


@dataclass(slots=True)
class LoopState:
    """What left the current round of a loop early."""

    continued: list[Delta] = field(default_factory=list)
    broken: list[Delta] = field(default_factory=list)


@dataclass(slots=True)
class Activation:
    """One call of a project function under way. ``offers`` tells that it returns something else where an option says so."""

    function: Function | None
    scope: Scope
    returns: list[Value] = field(default_factory=list)
    yields: list[Value] = field(default_factory=list)
    returned: list[Delta] = field(default_factory=list)
    loops: list[LoopState] = field(default_factory=list)
    at_yield: Callable[[Value], None] | None = None
    offers: bool = False


class Arguments:
    """The arguments of a call: positional ones, keywords, and whether unknown further ones may come (``*args``, ``**kwargs``)."""

    __slots__ = ("keywords", "open_keywords", "open_positional", "positional")

    def __init__(
        self,
        positional: list[Value] | None = None,
        keywords: dict[str, Value] | None = None,
        *,
        open_positional: bool = False,
        open_keywords: bool = False,
    ) -> None:
        self.positional = positional or []
        self.keywords = keywords or {}
        self.open_positional = open_positional
        self.open_keywords = open_keywords

    def get(self, index: int, keyword: str | None = None) -> Value | None:
        if index < len(self.positional):
            return self.positional[index]
        return self.keywords.get(keyword) if keyword else None

    def all(self) -> list[Value]:
        return [*self.positional, *self.keywords.values()]

    def bind(self, params: tuple[str, ...]) -> dict[str, Value]:
        """By parameter name; surplus positional arguments are left out."""
        bound = dict(zip(params, self.positional, strict=False))
        bound.update(self.keywords)
        return bound


class Machine:
    """One run of the interpreter over one program.

    `evaluate`, `execute` and `call` are put in place when the parts are assembled: they need each other, their modules
    don't import each other.
    """

    evaluate: Callable[[Machine, ir.Expr, Scope], Value]
    execute: Callable[[Machine, list[ir.Statement], Scope], Flow]
    call: Callable[[Machine, Value, Arguments, ir.Node, Scope], Value]
    method: Callable[[Machine, Value, str, Arguments, ir.Node, Scope], Value]
    iterate: Callable[[Machine, Value, ir.Node, Scope], Value]
    import_path: Callable[[Machine, str], Scope]

    def __init__(self, project: Project, entry: str) -> None:
        self.project = project
        self.entry = entry
        self.store = Store()
        self.events: list[Event] = []
        self.frames: list[Frame] = []
        self.guards: list[Guard] = []
        self.calls: list[Call] = []
        self.activations: list[Activation] = []
        self.scopes: dict[str, Scope] = {}
        self.flags: dict[str, Any] = {"gradients": True, "autocast": False}
        self.shifts: set[float] = set()  # small constants that something was moved by in this run
        self.modes: dict[int, tuple[int, str]] = {}
        self.parents: dict[int, Value] = {}
        self.entered: set[int] = set()
        self.shared: dict[Any, Any] = {}
        self.stack_nodes: list[int] = []
        self.places: dict[ir.Node, Place] = {}
        self.texts: dict[ir.Expr, str] = {}
        self.visits = 0
        self.pulse: Callable[[], None] = _nothing
        self.steps = 0
        self.budget = SCRIPT
        self.walks: Counter[int] = Counter()
        self.offered_depth = 0
        self.in_forward = 0
        # Inside conditions that only choose words to show: a title's colour by whether a prediction is right.
        self.in_wording = 0
        # Layers and networks applied so far, inside others too.
        self.applications = 0
        self.reads_checkpoints = False
        self.kept: list[Value] = []
        # What is left to do when the run ends.
        self.at_exit: list[Callable[[], None]] = []

    # Runs

    def begin_run(self, events: list[Event], budget: Budget) -> None:
        """Start a run: what it changes will be undone, what it learns of definitions stays."""
        self.budget = budget
        self.walks = Counter()
        self.entered = set()
        self.events = events
        self.frames, self.guards, self.calls, self.activations, self.stack_nodes = [], [], [], [], []
        self.steps = self.offered_depth = self.in_forward = self.in_wording = 0
        self.shared.pop("exit", None)
        self.shifts.clear()
        self.reads_checkpoints = False
        self.at_exit = []
        self.store.begin()

    def end_run(self) -> None:
        self.store.reset()

    @contextmanager
    def detached(self) -> Iterator[None]:
        """Outside all runs: what is bound here is not undone, what happens here is nobody's event."""
        outer = (self.frames, self.guards, self.calls, self.events, self.store, self.activations, self.stack_nodes)
        self.frames, self.guards, self.calls, self.events, self.store = [], [], [], [], Store()
        self.activations, self.stack_nodes = [], []
        depth, self.offered_depth = self.offered_depth, 0
        try:
            yield
        finally:
            (self.frames, self.guards, self.calls, self.events, self.store, self.activations, self.stack_nodes) = outer
            self.offered_depth = depth

    def module_scope(self, path: str) -> Scope:
        """The scope of a project file, walked as an imported module."""
        return self.import_path(self, path)

    # Places and events

    def place(self, node: ir.Node, scope: Scope) -> Place:
        """Where a node stands: the same object for all walks over it."""
        known = self.places.get(node)
        if known is None:
            known = self.places[node] = Place(scope.path, node.start, node.end)
        return known

    def words(self, node: ir.Expr) -> str:
        """The source text of an expression in few words, found once for all walks over it."""
        known = self.texts.get(node)
        if known is None:
            known = self.texts[node] = describe(node)
        return known

    def emit(self, event: Event) -> None:
        event.order = len(self.events)
        event.frames = tuple(self.frames)
        event.guards = tuple(self.guards)
        event.calls = tuple(self.calls)
        self.events.append(event)

    def tick(self) -> None:
        self.steps += 1
        if not self.steps % PULSE:
            self.pulse()
        if self.steps > self.budget.all:
            raise OutOfBudget

    # What holds at this point

    def may_follow(self, node: ir.Node) -> bool:
        """Whether one more call of this function is walked."""
        if len(self.calls) >= self.budget.depth or self.stack_nodes.count(id(node)) >= RECURSION:
            return False
        if self.steps > self.budget.following and len(self.calls) >= 2:
            return False
        self.walks[id(node)] += 1
        return self.walks[id(node)] <= WALKS

    @property
    def activation(self) -> Activation:
        return self.activations[-1]

    def visit(self) -> int:
        self.visits += 1
        return self.visits

    @contextmanager
    def guarded(self, guard: Guard) -> Iterator[None]:
        self.guards.append(guard)
        if guard.offered:
            self.offered_depth += 1
        try:
            yield
        finally:
            self.guards.pop()
            if guard.offered:
                self.offered_depth -= 1

    @contextmanager
    def looping(self, frame: Frame) -> Iterator[None]:
        self.frames.append(frame)
        try:
            yield
        finally:
            self.frames.pop()

    @contextmanager
    def flag(self, name: str, value: Any) -> Iterator[None]:
        """A dynamic setting (gradient mode, autocast) for the time of a ``with`` block or call."""
        before = self.flags.get(name)
        self.store.set(self.flags, name, value)
        try:
            yield
        finally:
            self.store.set(self.flags, name, before)

    # Networks

    def unwrapped(self, value: Value) -> Value:
        """The network itself, out of its wrappers."""
        while isinstance(value, Wrapped):
            value = value.inner
        if isinstance(value, Data) and value.promoted is not None:
            return value.promoted
        return value

    def adopt(self, parent: Value, child: Value) -> None:
        """Record that a network is part of another: modes are switched together."""
        inner = self.unwrapped(child)
        if inner is not parent and id(inner) not in self.parents and not self._holds(inner, parent):
            self.parents[id(inner)] = parent
            self.kept.append(inner)

    def _holds(self, outer: Value, inner: Value) -> bool:
        current: Value | None = inner
        while current is not None:
            if current is outer:
                return True
            current = self.parents.get(id(current))
        return False

    def switch(self, model: Value, mode: str) -> None:
        inner = self.unwrapped(model)
        self.kept.append(inner)
        self.store.set(self.modes, id(inner), (self.visit(), mode))

    def mode_of(self, model: Value) -> str:
        """train, eval or unknown: the latest switch of the network or of one that holds it."""
        latest: tuple[int, str] | None = None
        current: Value | None = self.unwrapped(model)
        while current is not None:
            stamp = self.modes.get(id(current))
            if stamp is not None and (latest is None or stamp[0] > latest[0]):
                latest = stamp
            current = self.parents.get(id(current))
        if latest is not None:
            return latest[1]
        return self._initial_mode(self.unwrapped(model))

    def _initial_mode(self, model: Value) -> str:
        # A network that comes from outside the walked code may have been switched there.
        if isinstance(model, Instance):
            return "train" if model.place is not None else "unknown"
        if isinstance(model, Library) and model.place is not None and model.dotted != "?" and model.role != "framework":
            return str(model.trait("initial_mode") or "train")
        if isinstance(model, Library) and _is_constructed(model.state.get("origin")):
            return "train"
        return "unknown"
