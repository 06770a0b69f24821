"""Which programs there are in the linted files, and the walk through each of them.

Every file is walked as a script. A function that no script reaches is walked on its own with unknown arguments: it is a run
if it holds an epoch loop, else a helper, in which only what is wrong in itself can be found.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import NamedTuple

import msgspec

from trainlint.facts import ir
from trainlint.findings import Place
from trainlint.trace.callables import called_names, functions_of, training_functions
from trainlint.trace.chosen import choose
from trainlint.trace.edits import Editor
from trainlint.trace.events import Event
from trainlint.trace.interpreter import interpreter
from trainlint.trace.interpreter.calls import instantiate, invoke
from trainlint.trace.interpreter.library import lightning_data
from trainlint.trace.interpreter.library.lightning import is_lightning
from trainlint.trace.interpreter.machine import (
    FUNCTION,
    SCRIPT,
    TRAINING,
    Activation,
    Arguments,
    Budget,
    Machine,
    OutOfBudget,
)
from trainlint.trace.interpreter.networks import is_network
from trainlint.trace.interpreter.snapshot import anatomy
from trainlint.trace.project import Project
from trainlint.trace.purpose import is_test
from trainlint.trace.scope import Scope
from trainlint.trace.survey import survey
from trainlint.trace.values import Class, Constant, Function, Instance, Value
from trainlint.trace.view import Run

# Statements walked in all functions that train and that no script reaches: a library of layers has hundreds of such names.
TRAINING_POOL = 60_000


class Failure(msgspec.Struct, frozen=True):
    """A program that could not be walked because of a mistake in the tracer itself."""

    path: str
    message: str


class Start(NamedTuple):
    """Where a walk begins: at the top of a file, or in one of its functions, alone, which ``trains``."""

    path: str
    function: int | None = None
    trains: bool = False


@dataclass(slots=True)
class Walk:
    """What one walk gave; ``entered`` are the functions that it reached, by the identity of their bodies."""

    run: Run
    failures: list[Failure]
    entered: set[int]
    steps: int


@dataclass(slots=True)
class Trace:
    """All runs of one invocation. ``recorded`` tells that they happened, rather than being walked without running;
    ``tests_left_out`` that the project keeps tests that are not linted. ``walks`` are those that the runs come from.
    """

    project: Project
    root: str
    runs: list[Run] = field(default_factory=list)
    failures: list[Failure] = field(default_factory=list)
    recorded: bool = False
    tests_left_out: bool = False
    edit: Editor = field(default_factory=lambda: Editor({}, {}))
    walks: dict[Start, Walk] = field(default_factory=dict)

    @property
    def programs(self) -> list[Run]:
        """The runs that are no tests: a test picks its data and its switches to try the code, and keeps no result."""
        return [run for run in self.runs if not is_test(run.path)]

    def events(self) -> Iterator[tuple[Run, Event]]:
        """Every event of every run, in order."""
        for run in self.runs:
            for event in run.events:
                yield run, event


def trace(
    modules: Mapping[str, ir.Module],
    root: str,
    *,
    texts: Mapping[str, str] | None = None,
    progress: Callable[[str, int, int], None] | None = None,
    known: Mapping[Start, Walk] | None = None,
) -> Trace:
    """Walk all programs in the lowered files (by path relative to ``root``); of ``texts``, theirs, fixes are made.

    ``known`` are walks of an earlier trace, over files none of which has changed since: they are not made again.
    """
    tracing = _Tracing(Trace(Project(modules), root, edit=Editor(modules, texts or {})), known or {})
    for number, (path, facts) in enumerate(modules.items()):
        if progress is not None:
            tracing.machine.pulse = partial(progress, "tracing", number, len(modules))
            tracing.machine.pulse()
        tracing.take(Start(path), partial(_script, tracing.machine, path, facts))
    _leftovers(tracing, modules)
    return tracing.result


class _Tracing:
    """A trace while it is made."""

    def __init__(self, result: Trace, known: Mapping[Start, Walk]) -> None:
        self.result = result
        self.machine = interpreter(result.project, "")
        self.entered: set[int] = set()
        self._known = known

    def take(self, start: Start, make: Callable[[], Walk]) -> Walk:
        """Make a walk, unless it is known, and note what it gave."""
        walk = self.result.walks[start] = self._known.get(start) or make()
        self.entered |= walk.entered
        self.result.failures += walk.failures
        if walk.run.events:
            self.result.runs.append(walk.run)
        return walk


def _script(machine: Machine, path: str, facts: ir.Module) -> Walk:
    machine.entry = path
    scope = Scope("module", path)
    scope.names["__name__"] = Constant("__main__")
    scope.names["__file__"] = Constant(path)

    def walk() -> None:
        machine.activations.append(Activation(None, scope))
        machine.execute(machine, facts.body, scope)

    return _walk(machine, path, None, walk, SCRIPT)


def _walk(machine: Machine, path: str, start: Place | None, walk: Callable[[], None], budget: Budget) -> Walk:
    """One run, from a script's top or from a function's ``start``, in a transaction that is undone: runs don't see each other's changes."""
    events: list[Event] = []
    failures: list[Failure] = []
    machine.begin_run(events, budget)
    complete = True
    try:
        walk()
        while machine.at_exit:
            machine.at_exit.pop()()
    except OutOfBudget:
        complete = False
    except RecursionError:
        complete = False
    except Exception as error:  # a mistake of ours must not hide what the other runs show
        failures.append(Failure(path, f"{type(error).__name__}: {error}"))
        complete = False
    choose(events)
    found, data = anatomy(machine, events), survey(events)
    machine.end_run()
    run = Run(path, "script" if start is None else "function", start, events, complete, found, data)
    return Walk(run, failures, machine.entered, machine.steps)


def _leftovers(tracing: _Tracing, modules: Mapping[str, ir.Module]) -> None:
    """Functions that no script reached: those that train first, callers before the functions that they call."""
    machine = tracing.machine
    found = [(path, owner, node) for path, facts in modules.items() for owner, node in functions_of(facts.body)]
    nodes = [node for _, _, node in found]
    training = training_functions(nodes)
    called = {name for node in nodes for name in called_names(node)}
    order = sorted(found, key=lambda item: (id(item[2]) not in training, item[2].name in called))
    pool = TRAINING_POOL
    for path, owner, node in order:
        if id(node) not in tracing.entered:
            trains = id(node) in training and pool > 0
            budget = TRAINING if trains else FUNCTION
            alone = partial(_alone, machine, path, owner, node, budget)
            walk = tracing.take(Start(path, node.start, trains), alone)
            pool -= walk.steps if trains else 0


def _alone(machine: Machine, path: str, owner: ir.ClassDef | None, node: ir.FunctionDef, budget: Budget) -> Walk:
    machine.entry = path
    start = Place(path, node.start, node.end)

    def walk() -> None:
        scope = machine.module_scope(path)
        callee = _definition(machine, scope, owner, node)
        if callee is None:
            return
        machine.activations.append(Activation(None, scope))
        function, arguments = callee
        machine.events.clear()
        if owner is not None and arguments and is_network(arguments[0]) and _is_in_forward(owner, node):
            machine.in_forward += 1
        if node.name == "test_dataloader" and len(arguments) == 1 and is_lightning(arguments[0]):
            lightning_data.hand_over(machine, arguments[0], node, scope)
        else:
            invoke(machine, function, Arguments(arguments), node, scope)

    return _walk(machine, path, start, walk, budget)


def _is_in_forward(owner: ir.ClassDef, node: ir.FunctionDef) -> bool:
    """Whether a method is a network's forward pass, or one of the methods that it names."""
    forward = [item for item in owner.body if isinstance(item, ir.FunctionDef) and item.name == "forward"]
    return node in forward or any(node.name in called_names(item) for item in forward)


def _definition(
    machine: Machine, scope: Scope, owner: ir.ClassDef | None, node: ir.FunctionDef
) -> tuple[Function, list[Value]] | None:
    """The function value for a definition, and its receiver where it is a method."""
    machine.activations.append(Activation(None, scope))
    if owner is None:
        value = _written(machine, scope.names.get(node.name), node)
        return (value, []) if value is not None else None
    cls = scope.names.get(owner.name)
    if not isinstance(cls, Class) or cls.node is not owner:
        return None
    function = _written(machine, cls.attributes.get(node.name), node)
    if function is None:
        return None
    if function.traits & {"staticmethod"}:
        return function, []
    if "classmethod" in function.traits:
        return function, [cls]
    receiver = _specimen(machine, cls, owner, scope)
    if isinstance(receiver, Instance):
        # Where it was made is not seen: its mode is not known.
        receiver.place = None
    return function, [receiver]


def _written(machine: Machine, value: Value | None, node: ir.FunctionDef) -> Function | None:
    """The function as it is written, where a decorator of the project put another one in its place."""
    if isinstance(value, Function) and value.wraps is node:
        value = machine.shared.get(("undecorated", id(node)))
    return value if isinstance(value, Function) and value.node is node else None


def _specimen(machine: Machine, cls: Class, owner: ir.ClassDef, scope: Scope) -> Value:
    """An instance of a class for the walks through its methods, made once with unknown arguments."""
    key = ("specimen", id(cls.node))
    if key not in machine.shared:
        with machine.detached():
            machine.activations.append(Activation(None, scope))
            machine.shared[key] = instantiate(
                machine, cls, Arguments(open_positional=True, open_keywords=True), owner, scope
            )
    result: Value = machine.shared[key]
    return result
