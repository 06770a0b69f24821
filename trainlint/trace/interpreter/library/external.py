"""Calls of external names: what a name means is in the knowledge tables, what it does to the trace is here."""

from __future__ import annotations

from collections.abc import Callable

from trainlint.facts import ir
from trainlint.knowledge import canonical, lookup
from trainlint.knowledge.schema import Entry
from trainlint.knowledge.watching import WATCHES
from trainlint.trace.events import Backward, Clip, Made, Measured, OptimizerStep, Reported, Seeded, Watched
from trainlint.trace.interpreter import batch_metrics, initial, standardising
from trainlint.trace.interpreter.gradients import CLIPPED
from trainlint.trace.interpreter.library import builtins, data, gradcheck, losses, operations, options, persistence
from trainlint.trace.interpreter.library.frameworks import make_framework
from trainlint.trace.interpreter.library.special import SPECIAL
from trainlint.trace.interpreter.library.splits import path_split, text_of
from trainlint.trace.interpreter.library.unknown import escape, unknown_call
from trainlint.trace.interpreter.machine import Arguments, Machine
from trainlint.trace.interpreter.networks import is_network
from trainlint.trace.interpreter.operators import mix
from trainlint.trace.interpreter.ordering import listing
from trainlint.trace.interpreter.sources import as_sources
from trainlint.trace.interpreter.tensors import token
from trainlint.trace.interpreter.wording import describe
from trainlint.trace.merge import choice, options_of, tokens_of
from trainlint.trace.scope import Scope
from trainlint.trace.tokens import MeasureToken, Source, union
from trainlint.trace.values import (
    Choice,
    Constant,
    Data,
    DictValue,
    Graph,
    Kind,
    Library,
    ListValue,
    TupleValue,
    Value,
    Wrapped,
)

Handler = Callable[[Machine, str, Entry, Arguments, ir.Node, Scope], Value]
# Libraries whose functions compute on arrays and do nothing else.
PURE = ("numpy.", "math.", "scipy.", "pandas.", "itertools.", "operator.", "statistics.", "cv2.", "PIL.", "torch.")


def call_external(m: Machine, dotted: str, given: Arguments, node: ir.Node, scope: Scope) -> Value:
    """Call an external name."""
    top, _, rest = dotted.partition(".")
    if top == "builtins":
        return builtins.call_builtin(m, rest, given, node, scope)
    if dotted in batch_metrics.MEANS:
        batch_metrics.averaged(m, given.get(0), m.place(node, scope))
    special = SPECIAL.get(dotted)
    if special is not None:
        return special(m, given, node, scope)
    aspects = WATCHES.get(canonical(dotted))
    if aspects is not None:
        m.emit(Watched(m.place(node, scope), aspects, given.get(0)))
    entry = lookup(dotted)
    if entry is not None:
        handler = ROLES.get(entry.role)
        if handler is not None:
            return handler(m, dotted, entry, given, node, scope)
    if dotted.startswith(PURE):
        return _pure(m, dotted, given, node, scope)
    if data.looks_like_dataset(dotted, given):
        return data.unknown_dataset(m, dotted, given, node, scope)
    if rest.endswith(".from_pretrained"):
        return _pretrained(m, dotted, given, node, scope)
    return unknown_call(m, dotted, given, node, scope)


def _pure(m: Machine, dotted: str, given: Arguments, node: ir.Node, scope: Scope) -> Value:
    result = mix(*given.all())
    if not dotted.startswith("torch."):
        if result.graph is Graph.ATTACHED:
            result.graph, result.cut = Graph.DETACHED, m.place(node, scope)
        result.operations = ()
    name, of = dotted.rpartition(".")[2], given.get(0, "a")
    if name in standardising.STATISTICS and of is not None:
        standardising.reduced(m, of, name, result, m.place(node, scope))
    return result


def _pretrained(m: Machine, dotted: str, given: Arguments, node: ir.Node, scope: Scope) -> Value:
    cls = dotted.rpartition(".")[0]
    entry = lookup(cls)
    if entry is None:
        return unknown_call(m, dotted, given, node, scope)
    traits = {**entry.traits, "initial_mode": "eval"} if entry.role == "model" else entry.traits
    made = Library(
        cls, Entry(entry.role, entry.params, entry.defaults, traits), given.bind(entry.params), m.place(node, scope)
    )
    m.emit(Made(m.place(node, scope), made, entry.role))
    return made


def _object(m: Machine, dotted: str, entry: Entry, given: Arguments, node: ir.Node, scope: Scope) -> Value:
    """An object that only remembers its arguments."""
    made = Library(dotted, entry, given.bind(entry.params), m.place(node, scope))
    if given.open_keywords:
        made.arguments["**"] = Data()
    m.emit(Made(m.place(node, scope), made, entry.role))
    return made


def _scheduler(m: Machine, dotted: str, entry: Entry, given: Arguments, node: ir.Node, scope: Scope) -> Value:
    made = _object(m, dotted, entry, given, node, scope)
    return TupleValue((made, Data(Kind.NUMBER))) if entry.traits.get("pair") else made


def _network(m: Machine, dotted: str, entry: Entry, given: Arguments, node: ir.Node, scope: Scope) -> Value:
    made = _object(m, dotted, entry, given, node, scope)
    assert isinstance(made, Library)
    for value in given.all():
        if is_network(value):
            m.adopt(made, value)
    return made


def _container(m: Machine, dotted: str, entry: Entry, given: Arguments, node: ir.Node, scope: Scope) -> Value:
    made = Library(dotted, entry, {}, m.place(node, scope))
    children: list[Value] | None = list(given.positional)
    if len(given.positional) == 1 and isinstance(given.positional[0], DictValue):
        # `ModuleDict({...})`: its parts are known by name.
        parts = given.positional[0].entries
        made.state["attributes"] = {key: part for key, part in parts.items() if isinstance(key, str)}
        children = list(parts.values())
        made.arguments["rest"] = choice(list(children)) if children else Data()
    elif len(given.positional) == 1 and isinstance(given.positional[0], ListValue | TupleValue):
        only = given.positional[0]
        children = list(only.items if isinstance(only, ListValue) else only.elements)
        if isinstance(only, ListValue) and only.rest is not None:
            made.state["rest"] = only.rest
            made.arguments["rest"] = only.rest
            children = None
    if given.open_positional or (children and not all(is_network(child) for child in children)):
        if children:
            made.arguments["rest"] = choice(list(children))
        children = None
    if children is not None and "rest" not in made.arguments:
        made.arguments["*"] = TupleValue(tuple(children))
    for child in [*(children or []), *made.arguments.values()]:
        for option in options_of(child):
            if is_network(option):
                m.adopt(made, option)
    m.emit(Made(m.place(node, scope), made, "container"))
    return made


def _grad_mode(m: Machine, dotted: str, entry: Entry, given: Arguments, node: ir.Node, scope: Scope) -> Value:
    made = Library(dotted, entry, given.bind(entry.params), m.place(node, scope))
    enabled = entry.traits.get("enabled")
    if enabled == "argument":
        value = given.get(0, "mode")
        enabled = bool(value.value) if isinstance(value, Constant) and not value.optional else None
    made.state["enabled"] = enabled
    return made


def _wrap(m: Machine, dotted: str, entry: Entry, given: Arguments, node: ir.Node, scope: Scope) -> Value:
    inner = given.get(0, entry.params[0] if entry.params else "module")
    kind = str(entry.traits.get("kind") or "other")
    if inner is None or isinstance(inner, Constant):
        return Data()
    place = m.place(node, scope)
    keeps = given.bind(entry.params).get(str(entry.traits.get("keeps_param")))
    renews = kind == "fsdp" and not (isinstance(keeps, Constant) and keeps.value is True)
    wrapped = [Wrapped(option, kind, dotted, place, renews) for option in options_of(inner)]
    if kind == "ema":
        # An average of the weights is another network; it is evaluated and saved in its place.
        twin = persistence.copied(m, wrapped[0].inner, node, scope)
        m.switch(twin, "eval")
        return twin
    result: Value = wrapped[0] if len(wrapped) == 1 else Choice(tuple(wrapped))
    m.emit(Made(place, result, "wrapper"))
    return result


def _passthrough(m: Machine, dotted: str, entry: Entry, given: Arguments, node: ir.Node, scope: Scope) -> Value:
    first = given.get(0, entry.params[0] if entry.params else "iterable")
    if first is None or isinstance(first, Constant):
        return Library(dotted, Entry("progress"), {}, m.place(node, scope))
    return first


def _progress(m: Machine, dotted: str, entry: Entry, given: Arguments, node: ir.Node, scope: Scope) -> Value:
    first = given.get(0, entry.params[0] if entry.params else "iterable")
    made = Library(dotted, entry, given.bind(entry.params), m.place(node, scope))
    if first is None or isinstance(first, Constant):
        return made
    made.arguments["iterable"] = first
    return made


def _clip(m: Machine, dotted: str, entry: Entry, given: Arguments, node: ir.Node, scope: Scope) -> Value:
    strict = given.bind(entry.params).get("error_if_nonfinite")
    raises = strict is not None and not (isinstance(strict, Constant) and not strict.value)
    m.emit(Clip(m.place(node, scope), given.get(0, "parameters"), raises))
    return Data(Kind.NUMBER, origin=CLIPPED)


def _report(m: Machine, dotted: str, entry: Entry, given: Arguments, node: ir.Node, scope: Scope) -> Value:
    tokens = union(*(tokens_of(value) for value in given.all()))
    how = "log" if dotted.rpartition(".")[2].startswith(("dump", "save")) else "print"
    m.emit(Reported(m.place(node, scope), tokens, how))
    return Data()


def _metric(m: Machine, dotted: str, entry: Entry, given: Arguments, node: ir.Node, scope: Scope) -> Value:
    if entry.traits.get("object"):
        return _object(m, dotted, entry, given, node, scope)
    for value in given.all():
        as_sources(m, value)
    tokens = union(*(tokens_of(value) for value in given.all()))
    place = m.place(node, scope)
    m.emit(Measured(place, tokens, dotted.rpartition(".")[2]))
    made = Data(Kind.NUMBER, union(tokens, token(m, MeasureToken, place)), graph=Graph.DETACHED)
    return batch_metrics.of_library(m, dotted, made, given, node, scope)


def _seed(m: Machine, dotted: str, entry: Entry, given: Arguments, node: ir.Node, scope: Scope) -> Value:
    by_rank = isinstance(node, ir.Call) and "rank" in describe(node).lower()
    m.emit(Seeded(m.place(node, scope), str(entry.traits.get("what") or "all"), by_rank))
    return Library("torch.Generator", Entry("generator"), {}, m.place(node, scope))


def _backward(m: Machine, dotted: str, entry: Entry, given: Arguments, node: ir.Node, scope: Scope) -> Value:
    value = given.get(0)
    via = str(entry.traits.get("via") or "tensor")
    m.emit(Backward(m.place(node, scope), value, tokens_of(value), via, m.flags.get("gradients")))
    return Data(Kind.TENSOR, graph=Graph.UNKNOWN, origin="grad") if via == "grad" else Constant(None)


def _gradcheck(m: Machine, dotted: str, entry: Entry, given: Arguments, node: ir.Node, scope: Scope) -> Value:
    bound = given.bind(entry.params)
    function = bound.get(str(entry.traits.get("function") or "func"))
    inputs = bound.get(str(entry.traits.get("inputs") or "inputs"))
    event = gradcheck.checked(m, function, inputs, node, scope)
    eps = bound.get("eps", Constant(entry.defaults.get("eps")))
    if isinstance(eps, Constant) and isinstance(eps.value, float) and not given.open_keywords:
        event.step = eps.value
    m.emit(event)
    return Data(Kind.NUMBER)


def _called(m: Machine, dotted: str, entry: Entry, given: Arguments, node: ir.Node, scope: Scope) -> Value:
    """``mp.spawn(main, args=(...))``, ``fabric.launch(main)``, ``fire.Fire(main)``: the argument is called."""
    bound = given.bind(entry.params)
    function = bound.get(str(entry.traits["function"]))
    if function is None:
        return Data()
    name = str(entry.traits.get("args") or "")
    packed = bound.get(name)
    positional: list[Value] = [Data(name="rank") for _ in range(int(entry.traits.get("leading") or 0))]
    if name == "*":
        positional += given.positional[1:]
    elif isinstance(packed, TupleValue):
        positional += packed.elements
    elif isinstance(packed, ListValue):
        positional += packed.items
    elif packed is not None:  # one argument may go without a tuple
        positional.append(packed)
    return m.call(m, function, Arguments(positional), node, scope)


def _at_exit(m: Machine, dotted: str, entry: Entry, given: Arguments, node: ir.Node, scope: Scope) -> Value:
    """``atexit.register(save)``: called when the run ends, on the conditions on which it was registered."""
    function = given.bind(entry.params).get("func")
    if function is None:
        return Data()
    guards, rest = list(m.guards), Arguments(given.positional[1:])

    def leave() -> None:
        m.guards = guards
        m.call(m, function, rest, node, scope)

    m.at_exit.append(leave)
    return function


def _read(m: Machine, dotted: str, entry: Entry, given: Arguments, node: ir.Node, scope: Scope) -> Value:
    """Data read from a file: the file's name may tell its split."""
    path = given.bind(entry.params).get(str(entry.traits.get("path") or "path")) or given.get(0)
    split = path_split(path) if path is not None else None
    if split is None:
        return Data(Kind.UNKNOWN, tokens_of(path), graph=Graph.DETACHED)
    place = m.place(node, scope)
    source = Source(f"{text_of(path) or split}" if path is not None else split, place, split, certain=True)
    return Data(Kind.UNKNOWN, frozenset((source,)), graph=Graph.DETACHED)


def _listing(m: Machine, dotted: str, entry: Entry, given: Arguments, node: ir.Node, scope: Scope) -> Value:
    """A directory listing has no fixed order: what is parted by position differs between machines."""
    names = listing(m, m.place(node, scope))
    if dotted == "os.walk":
        return ListValue((), TupleValue((Data(Kind.TEXT, tokens_of(names)), names, names)), names.place)
    return names


def _exit(m: Machine, dotted: str, entry: Entry, given: Arguments, node: ir.Node, scope: Scope) -> Value:
    m.shared["exit"] = True
    return Constant(None)


def _steps(m: Machine, dotted: str, entry: Entry, given: Arguments, node: ir.Node, scope: Scope) -> Value:
    """``xm.optimizer_step(optimizer)``."""
    optimizer = given.bind(entry.params).get(str(entry.traits.get("optimizer") or "optimizer"))
    m.emit(OptimizerStep(m.place(node, scope), optimizer, "framework"))
    return Constant(None)


def _namespace(m: Machine, dotted: str, entry: Entry, given: Arguments, node: ir.Node, scope: Scope) -> Value:
    """An object whose attributes are its keywords."""
    made = Library("argparse.Namespace", options.NAMESPACE, {}, m.place(node, scope))
    made.state["options"] = dict(given.keywords)
    return made


def _harmless(m: Machine, dotted: str, entry: Entry, given: Arguments, node: ir.Node, scope: Scope) -> Value:
    return Data(Kind.UNKNOWN, union(*(tokens_of(value) for value in given.all())))


def _base(m: Machine, dotted: str, entry: Entry, given: Arguments, node: ir.Node, scope: Scope) -> Value:
    made = Library(dotted, Entry("base_object", traits=entry.traits), given.bind(entry.params), m.place(node, scope))
    if str(entry.traits.get("kind")) == "argument_parser":
        return options.make(m, dotted, Entry("options"), given, node, scope)
    escape(m, dotted, given, node, scope)
    return made


ROLES: dict[str, Handler] = {
    "optimizer": _object,
    "scheduler": _scheduler,
    "loss": _object,
    "loss_function": losses.call_function,
    "module": _network,
    "container": _container,
    "model": _network,
    "operation": operations.call_operation,
    "dataset": data.dataset,
    "dataset_loader": data.dataset,
    "loader": data.loader,
    "subset": data.subset,
    "random_split": data.random_split,
    "splitter": _object,
    "concat": data.concat,
    "sampler": data.sampler,
    "transform": data.transform,
    "seed": _seed,
    "generator": _object,
    "grad_mode": _grad_mode,
    "autocast": _object,
    "scaler": _object,
    "wrap": _wrap,
    "copy": persistence.copy,
    "passthrough": _passthrough,
    "progress": _progress,
    "clip": _clip,
    "save": persistence.save,
    "load": persistence.load,
    "report": _report,
    "logger": _object,
    "metric": _metric,
    "framework": make_framework,
    "base": _base,
    "gradcheck": _gradcheck,
    "options": options.make,
    "harmless": _harmless,
    "init": initial.by_function,
    "backward": _backward,
    "preprocessor": _object,
    "estimator": _object,
    "tokenizer": _object,
    "environment": _object,
    "search": _object,
    "config": _object,
    "callback": _object,
    "call": _called,
    "at_exit": _at_exit,
    "read": _read,
    "listing": _listing,
    "steps": _steps,
    "saver": make_framework,
    "namespace": _namespace,
    "exit": _exit,
}
