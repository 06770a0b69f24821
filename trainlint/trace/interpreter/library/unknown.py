"""Calls that the trace cannot follow: what they were given may be used, changed or saved there."""

from __future__ import annotations

import re
from collections.abc import Iterator

from trainlint.facts import ir
from trainlint.findings import Place
from trainlint.knowledge.conventions import role_of_name, split_of_name, words
from trainlint.knowledge.schema import Entry
from trainlint.trace.events import Escaped, Forward, Made, Measured, Reported, Saved, Seeded
from trainlint.trace.interpreter.attributes import field
from trainlint.trace.interpreter.library.contents import objects
from trainlint.trace.interpreter.library.losses import compute_unknown_loss
from trainlint.trace.interpreter.machine import Arguments, Machine
from trainlint.trace.interpreter.networks import is_network, promote
from trainlint.trace.interpreter.operators import measured
from trainlint.trace.interpreter.sources import as_sources
from trainlint.trace.interpreter.tensors import model_token, token
from trainlint.trace.merge import tokens_of
from trainlint.trace.scope import Scope
from trainlint.trace.tokens import LossToken, MeasureToken, ModelToken, Source, holds, union
from trainlint.trace.values import (
    Constant,
    Data,
    DictValue,
    Graph,
    Instance,
    Kind,
    Library,
    ListValue,
    TupleValue,
    Value,
    Wrapped,
)

# `getattr(torch.optim, name)` is some optimizer, whichever the name says.
FAMILIES = {
    "one of torch.optim": Entry("optimizer", ("params", "lr"), traits={"family": "other"}),
    "one of torch.optim.lr_scheduler": Entry("scheduler", ("optimizer",), traits={"cadence": "any"}),
    "one of torchvision.models": Entry("model"),
}
EVALUATING = re.compile(r"(?:^|[._])(?:evaluate|eval|validate|valid|validation|test|score)(?:_|$|[._])")
SAVING_WORDS = frozenset("save saves saver checkpoint checkpoints checkpointer ckpt dump export snapshot".split())
# What is written under these names is no model.
OTHER_FILES = frozenset(
    "image images img imgs fig figure figures plot plots config cfg log logs args result results metric metrics text txt csv"
    " json video audio wav sample samples grid history score scores prediction predictions pred preds curve curves mask"
    " masks output outputs table load restore resume".split()
)
# `utils.set_seed(args.seed)` from elsewhere seeds whatever there is.
SEEDING = re.compile(
    r"(?:^|[._])(?:(?:set|fix|init|setup|manual)_?)?(?:random_?)?seed(?:_|$|ing|all|every|torch)", re.I
)
_LOSS_WORDS = ("loss", "criterion", "objective", "nll", "elbo")
_JUDGING = re.compile(r"loss|criteri|objective|nll|elbo|entropy|mse|bce|accuracy|metric|error", re.I)


def call_unknown(m: Machine, callee: Data, given: Arguments, node: ir.Node, scope: Scope) -> Value:
    """Call a value of which nothing is known but its name."""
    if callee.promoted is not None:
        return m.call(m, callee.promoted, given, node, scope)
    if callee.origin in FAMILIES:
        return _one_of_family(m, FAMILIES[callee.origin], given, node, scope)
    fields = _fields(m, callee, given, node, scope)
    if fields is not None:
        return fields
    role = role_of_name(callee.name) if callee.name else None
    if role == "model" and given.positional and not callee.tokens:
        network = promote(callee, "model")
        holder = m.shared.get(("holder", id(callee)))
        if holder is not None:
            m.adopt(holder, network)
        return m.call(m, network, given, node, scope)
    if role == "criterion":
        return compute_unknown_loss(m, given, node, scope)
    return unknown_call(m, callee.name or "?", given, node, scope)


def _fields(m: Machine, callee: Data, given: Arguments, node: ir.Node, scope: Scope) -> Value | None:
    """``data("train_mask", "val_mask")``: a graph gives pairs of a key and what is under it."""
    keys = [value.value for value in given.positional if isinstance(value, Constant) and isinstance(value.value, str)]
    if len(keys) < 2 or len(keys) != len(given.all()) or not all(split_of_name(key) for key in keys):
        return None
    return ListValue([TupleValue((Constant(key), field(m, callee, key, node, scope))) for key in keys], None, None)


def _one_of_family(m: Machine, entry: Entry, given: Arguments, node: ir.Node, scope: Scope) -> Value:
    place = m.place(node, scope)
    made = Library("?", entry, given.bind(entry.params), place)
    m.emit(Made(place, made, entry.role))
    return made


def apply_unknown_model(m: Machine, model: Library, given: Arguments, node: ir.Node, scope: Scope) -> Value:
    """A forward pass of a network of unknown content."""
    values = given.all()
    for value in values:
        as_sources(m, value)
    tokens = union(*(tokens_of(value) for value in values))
    gradients = m.flags.get("gradients")
    graph = Graph.ATTACHED if gradients else Graph.DETACHED if gradients is False else Graph.UNKNOWN
    outermost = m.in_forward == 0
    m.applications += 1
    result = Data(Kind.UNKNOWN, union(tokens, model_token(m, model)) if outermost else tokens, graph=graph)
    place, mode = m.place(node, scope), m.mode_of(model)
    m.emit(Forward(place, model, tokens, mode, gradients, result.tokens, outermost, tuple(values)))
    return result


def escape(m: Machine, name: str, given: Arguments, node: ir.Node, scope: Scope, receiver: Value | None = None) -> None:
    """Record that objects went where the trace can't follow."""
    found = [
        item
        for value in ([receiver] if receiver is not None else []) + given.all()
        for item in objects(value)
        if is_network(item)
        or isinstance(item, Library | Instance | Wrapped)
        or tokens_of(item)
        or _is_called_a_network(item)
    ]
    if not found:
        return
    held = [
        part
        for item in found
        if isinstance(item, Instance) and not is_network(item)
        for part in item.attributes.values()
    ]
    found += [item for part in held for item in objects(part) if isinstance(item, Library | Instance | Wrapped)]
    place = m.place(node, scope)
    m.emit(Escaped(place, name, tuple(found), tuple(given.keywords)))
    tokens = union(*(tokens_of(part) for part in held))
    if holds(tokens, LossToken):
        # Whoever is handed a trainer can read the loss that it keeps.
        m.emit(Reported(place, tokens, "unknown"))


def _parts(values: list[Value]) -> Iterator[Value]:
    """Arguments, and what is in those that are dicts or tuples: predictions and targets may come together."""
    for value in values:
        if isinstance(value, DictValue | TupleValue):
            yield from value.entries.values() if isinstance(value, DictValue) else value.elements
        else:
            yield value


def _evaluated(m: Machine, name: str, values: list[Value], place: Place) -> bool:
    """``evaluate(model, loader)`` from elsewhere measures the network on the data, as it says."""
    networks = [value for value in values if is_network(value)]
    tokens = union(*(tokens_of(value) for value in values))
    if not networks or not EVALUATING.search(name) or not holds(tokens, Source):
        return False
    through = union(tokens, *(model_token(m, m.unwrapped(network)) for network in networks))
    m.emit(Measured(place, through, name))
    return True


def _is_called_a_network(value: Value) -> bool:
    return isinstance(value, Data) and value.name is not None and role_of_name(value.name) in ("model", "optimizer")


def _saves(name: str) -> bool:
    """Whether a function of unknown content is called as if it wrote a checkpoint."""
    parts = set(words(name.rpartition(".")[2]))
    return bool(parts & SAVING_WORDS) and not parts & OTHER_FILES


def says_loss(name: str) -> bool:
    """Whether what is called sounds like a loss."""
    return any(word in name.lower() for word in _LOSS_WORDS)


def unknown_call(
    m: Machine, name: str, given: Arguments, node: ir.Node, scope: Scope, receiver: Value | None = None
) -> Value:
    """A call into code that nobody described: its result comes from its arguments."""
    values = given.all()
    place = m.place(node, scope)
    escape(m, name, given, node, scope, receiver)
    if SEEDING.search(name):
        m.emit(Seeded(place, "all"))
    if _saves(name):
        m.emit(Saved(place, given.get(0), frozenset({"unknown"}), name))
    tokens = union(*(tokens_of(value) for value in values), tokens_of(receiver))
    lossy = [t for t in tokens if isinstance(t, LossToken)]
    if lossy:
        m.emit(Reported(place, tokens, "unknown"))
    result = Data(Kind.UNKNOWN, tokens, graph=Graph.UNKNOWN, origin=f"call:{name}")
    # What stands in a network's own forward pass and is not called as if it judged is one of its layers.
    judges = not m.in_forward or _JUDGING.search(name) is not None
    if (judges and measured(m, [*_parts(values)], node, scope, name)) or _evaluated(m, name, values, place):
        result.tokens = union(tokens, token(m, MeasureToken, place))
    named = says_loss(name.rpartition(".")[2])
    if named:
        # `critic_loss(critic, real, fake)`: the network that it is given is applied in it.
        through = [model_token(m, m.unwrapped(network)) for network in values if is_network(network)]
        tokens = union(tokens, *through)
        result.tokens = union(result.tokens, *through)
    if says_loss(name) and holds(tokens, ModelToken):
        result.tokens = union(result.tokens, token(m, LossToken, place))
        # A module of losses holds metrics too (`losses.iou`): what it gives may well be cut off.
        if named and any(isinstance(value, Data) and value.graph is Graph.ATTACHED for value in values):
            result.graph = Graph.ATTACHED
    return result
