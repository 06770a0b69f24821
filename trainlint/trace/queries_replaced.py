"""Networks and layers that are put in the place of others after an optimizer took the parameters of those."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from trainlint.findings import Place
from trainlint.trace.anatomy import bare
from trainlint.trace.events import AttributeSet, Backward, Event, Made, OptimizerStep, ParametersGiven
from trainlint.trace.merge import distinct
from trainlint.trace.sequence import GradientFlow, optimizer_of, shared_loop
from trainlint.trace.tokens import models
from trainlint.trace.values import Instance, Library, Value, Wrapped

NETWORKS = frozenset({"module", "container", "model", "copy"})


class Replacement(msgspec.Struct, frozen=True):
    """What is ``new`` under a name since an ``event`` at a ``place``; ``old`` had the name before (None: a wrapper's, a layer's)."""

    event: Event
    place: Place
    what: str
    new: Value
    old: Value | None


class Stale(msgspec.Struct, frozen=True):
    """An optimizer that goes on with the parameters that it took before a replacement."""

    replacement: Replacement
    optimizer: Library
    how: str


def stale(flow: GradientFlow) -> Iterator[Stale]:
    """Optimizers that step after what they hold was replaced, and never get the parameters of what is there now."""
    run = flow.run
    made = {id(event.thing): event for event in run.of(Made)}
    steps = [step for step in flow.of(OptimizerStep) if step.via in ("optimizer", "scaler") and not step.offered]
    optimizers = [optimizer for optimizer in _known(steps) if id(optimizer) in made]
    if not optimizers:
        return
    extended = {id(bare(event.optimizer)) for event in run.of(ParametersGiven)}
    for optimizer in optimizers:
        if id(optimizer) in extended:
            continue
        since = made[id(optimizer)]
        mine = [step for step in steps if optimizer_of(step) is optimizer]
        for found in _sharded(flow, optimizer, since, mine):
            yield found
        for found in _layers(flow, optimizer, since, mine, made):
            yield found
        for found in _networks(flow, optimizer, since, mine, made):
            yield found


def _known(steps: list[OptimizerStep]) -> list[Library]:
    return distinct(optimizer for step in steps if isinstance(optimizer := optimizer_of(step), Library))


def _after(flow: GradientFlow, event: Event, steps: list[OptimizerStep]) -> OptimizerStep | None:
    """The first step after an event, unless unknown code had a hand in it in between."""
    step = next((step for step in steps if step.order > event.order and step.compatible(event)), None)
    return None if step is None or flow.hidden(event, step) else step


def _sharded(flow: GradientFlow, optimizer: Library, since: Made, steps: list[OptimizerStep]) -> Iterator[Stale]:
    """Sharding wrappers put parameters of their own in the place of those that they wrap."""
    for event in flow.run.of(Made):
        thing = event.thing
        if event.role != "wrapper" or event.order < since.order or event.offered or not isinstance(thing, Wrapped):
            continue
        if thing.renews and id(bare(thing)) in flow.anatomy.group(optimizer).members:
            if _after(flow, event, steps) is not None:
                name = bare(thing).name or "the model"
                yield Stale(Replacement(event, event.place, name, thing, None), optimizer, "sharded")


def _layers(
    flow: GradientFlow, optimizer: Library, since: Made, steps: list[OptimizerStep], made: dict[int, Made]
) -> Iterator[Stale]:
    """New layers in a network whose parameters the optimizer took as they were before."""
    members = flow.anatomy.group(optimizer).members
    for event in flow.run.of(AttributeSet):
        new, owner = bare(event.value), bare(event.owner)
        if event.order < since.order or event.offered or id(owner) not in members or _is_built(event):
            continue
        birth = made.get(id(new))
        if birth is None or birth.role not in NETWORKS or birth.order < since.order or not _learns(new):
            continue
        if _after(flow, event, steps) is not None and not _held_elsewhere(flow, new, optimizer):
            yield Stale(Replacement(event, event.place, event.attribute, new, None), optimizer, "layer")


def _is_built(event: AttributeSet) -> bool:
    """Whether a network sets its own parts: while it is made, or at its first pass."""
    return bool(event.calls) and event.calls[-1].function in ("__init__", "forward")


def _learns(network: Value) -> bool:
    if isinstance(network, Library) and network.role == "module":
        return network.entry.learns
    return isinstance(network, Library | Instance)


def _held_elsewhere(flow: GradientFlow, network: Value, optimizer: Library) -> bool:
    """Whether another optimizer may have the parameters of a network."""
    group = flow.anatomy.group(network)
    others = [event.thing for event in flow.run.of(Made) if event.role == "optimizer"]
    return any(other is not optimizer and flow.anatomy.group(other).meets(group) is not False for other in others)


def _networks(
    flow: GradientFlow, optimizer: Library, since: Made, steps: list[OptimizerStep], made: dict[int, Made]
) -> Iterator[Stale]:
    """Networks that take the name of the one that the optimizer holds, and from then on give the loss."""
    group = flow.anatomy.group(optimizer)
    if group.open:
        return
    renewed: list[Replacement] = []
    for found in _renewals(flow, since, made):
        assert found.old is not None
        if id(found.old) not in group.members or flow.anatomy.group(found.new).meets(group) is not False:
            continue
        if _held_elsewhere(flow, found.new, optimizer):
            continue
        step = _after(flow, found.event, steps)
        if step is not None and _learns_past(flow, found, step, optimizer):
            renewed.append(found)
    for found in renewed:
        # The parts of a network that was replaced were replaced with it.
        if not any(other is not found and flow.anatomy.within(found.new, other.new) for other in renewed):
            yield Stale(found, optimizer, "network")


def _renewals(flow: GradientFlow, since: Made, made: dict[int, Made]) -> Iterator[Replacement]:
    """Networks that were made after the optimizer and have the name of an earlier one."""
    last: dict[tuple[int, str], Value] = {}
    attributes: set[int] = set()
    for event in flow.run.of(AttributeSet):
        new = bare(event.value)
        if id(new) not in made or made[id(new)].role not in NETWORKS:
            continue
        attributes.add(id(new))
        key = id(bare(event.owner)), event.attribute
        old = last.get(key)
        last[key] = new
        if old is not None and old is not new and event.order > since.order and not event.offered:
            yield Replacement(event, event.place, event.attribute, new, old)
    named = [event for event in made.values() if event.role in NETWORKS and event.thing.name is not None]
    for birth in named:
        if birth.order < since.order or birth.offered or id(birth.thing) in attributes:
            continue
        for earlier in named:
            if earlier.order < since.order and earlier.thing.name == birth.thing.name and _alike(earlier, birth):
                yield Replacement(birth, birth.place, str(birth.thing.name), birth.thing, earlier.thing)


def _alike(one: Made, other: Made) -> bool:
    if isinstance(one.thing, Instance) and isinstance(other.thing, Instance):
        return one.thing.cls.node is other.thing.cls.node
    mine, theirs = one.thing, other.thing
    return isinstance(mine, Library) and isinstance(theirs, Library) and mine.dotted == theirs.dotted


def _learns_past(flow: GradientFlow, found: Replacement, step: OptimizerStep, optimizer: Library) -> bool:
    """Whether the gradients before a step are of the new network, and not of what the optimizer holds."""
    new = flow.anatomy.group(found.new)
    loop = shared_loop(step)
    for backward in reversed(flow.of(Backward)):
        if backward.order > step.order or backward.order < found.event.order or backward.via == "grad":
            continue
        if loop is not None and not backward.inside(loop):
            return False
        through = [flow.anatomy.group(model) for model in models(backward.tokens)]
        if not through or any(group.meets(flow.anatomy.group(optimizer)) is not False for group in through):
            return False
        return any(group.members & new.members for group in through)
    return False
