"""Networks that are frozen and run in train mode all the same, so that their batch-norm statistics go on changing."""

from __future__ import annotations

import re
from collections.abc import Iterator

import msgspec

from trainlint.findings import Place
from trainlint.trace.anatomy import bare, is_optimizer
from trainlint.trace.events import Escaped, Event, Forward, Frozen, Loaded, Made, ModeSwitch, ParametersWritten
from trainlint.trace.purpose import BENCHMARK
from trainlint.trace.tokens import models
from trainlint.trace.values import Instance, Library, Value
from trainlint.trace.view import Run, Training

# What the trained rest of a frozen network is called, where a loop over names leaves it out.
_HEAD = re.compile(r"fc|head|classif|linear|last|output|predict|decoder", re.I)
_EXCEPT = re.compile(r"\bnot\b|!=")
_BATCH_NORM = re.compile(r"batch_?norm|\bbn\b|_bn\b", re.I)


class Drifting(msgspec.Struct, frozen=True):
    """A frozen ``network`` in train mode: since a ``switch`` (None: from the start), in the loop of a ``training``."""

    network: Value
    frozen: Event
    switch: ModeSwitch | None
    training: Training
    thawed: bool = False

    @property
    def place(self) -> Place:
        return self.switch.place if self.switch is not None else self.training.place


def drifting(run: Run) -> Iterator[Drifting]:
    """Frozen networks with batch norm that a training runs in train mode."""
    frozen = list(_frozen(run))
    put_aside = list(_norms_put_aside(run)) if not frozen else []
    if not frozen and not put_aside:
        return
    for training in run.partial_trainings:
        if BENCHMARK in training.exemptions:
            continue
        for network, event in frozen:
            if _holds_norms(run, network):
                yield from _in_train_mode(run, training, network, event, thawed=False)
        for network, switch in put_aside:
            yield from _in_train_mode(run, training, network, switch, thawed=True)


def _frozen(run: Run) -> Iterator[tuple[Value, Frozen]]:
    """Networks whose parameters are frozen for good, all but a head, and not written by the program itself."""
    events = run.of(Frozen)
    written = {id(_whole(event.of)) for event in run.of(ParametersWritten)}
    filled = {id(bare(event.into)) for event in run.of(Loaded) if event.into is not None and _is_live(event)}
    copies = {id(bare(event.thing)) for event in run.of(Made) if event.role == "copy"}
    seen: set[int] = set()
    for event in events:
        network = _whole(event.of)
        if event.frozen is not True or event.offered or not _is_of_all(event) or id(network) in seen:
            continue
        if id(network) in written | filled | copies or any(_undoes(other, event) for other in events):
            continue
        seen.add(id(network))
        yield network, event


def _holds_norms(run: Run, network: Value) -> bool:
    """Whether there is batch norm in a frozen network, outside the parts for which gradients are turned on again."""
    if run.anatomy.content(network).batch_norm is not True:
        return False
    members = run.anatomy.group(network).members
    for event in run.of(Frozen):
        if event.frozen is not True and bare(event.of) is not network:
            members -= run.anatomy.group(event.of).members if "part_of" not in _state(event.of) else frozenset()
    made = [bare(event.thing) for event in run.of(Made)]
    layers = [thing for thing in made if isinstance(thing, Library) and id(thing) in members]
    return any(run.anatomy.content(layer).batch_norm is True and layer.role != "container" for layer in layers)


def _state(value: Value) -> dict[str, object]:
    found = bare(value)
    return found.state if isinstance(found, Library) else {}


def _is_live(event: Loaded) -> bool:
    """Whether the state comes from another network of the program, not from a file."""
    return isinstance(event.value, Library) and event.value.role == "state"


def _whole(network: Value) -> Value:
    """The network that a part, met in a loop over modules, belongs to."""
    found = bare(network)
    while isinstance(found, Library) and isinstance(found.state.get("part_of"), Library | Instance):
        found = bare(found.state["part_of"])
    return found


def _conditions(event: Event) -> list[str]:
    """The conditions on the parameter or part that a loop is at."""
    return [
        guard.text for guard in event.guards if not guard.offered and guard.loops and guard.loops >= len(event.frames)
    ]


def _is_of_all(event: Frozen) -> bool:
    """Whether all parameters are frozen, or all but those of a head."""
    return all(_EXCEPT.search(text) and _HEAD.search(text) for text in _conditions(event))


def _undoes(other: Frozen, event: Frozen) -> bool:
    """Whether gradients are turned on again for what was frozen, apart from a head."""
    if other.frozen is True or _whole(other.of) is not _whole(event.of):
        return False
    return not (
        bare(other.of) is _whole(other.of) and _conditions(other) and all(map(_HEAD.search, _conditions(other)))
    )


def _norms_put_aside(run: Run) -> Iterator[tuple[Value, ModeSwitch]]:
    """Networks whose batch norms alone are put into eval mode, in a loop over their modules."""
    seen: set[int] = set()
    for event in run.of(ModeSwitch):
        part = bare(event.model)
        if event.mode != "eval" or event.offered or not isinstance(part, Library) or "part_of" not in part.state:
            continue
        if any(_BATCH_NORM.search(guard.text) for guard in event.guards) and id(_whole(part)) not in seen:
            seen.add(id(_whole(part)))
            yield _whole(part), event


def _in_train_mode(run: Run, training: Training, network: Value, event: Event, *, thawed: bool) -> Iterator[Drifting]:
    for forward in training.of(Forward):
        if not forward.direct or forward.offered or not forward.compatible(event) or forward.order < event.order:
            continue
        if not run.anatomy.within(network, forward.model) or not _is_learnt_through(training, forward):
            continue
        switch, is_protected = _latest_switch(run, network, forward)
        if is_protected or (switch is None and (thawed or not _starts_in_train_mode(network))):
            return
        if switch is not None and (switch.mode != "train" or switch.offered or (thawed and switch.order < event.order)):
            return
        if not _hidden(run, network, switch, forward):
            yield Drifting(network, event, switch, training, thawed)
        return


def _is_learnt_through(training: Training, forward: Forward) -> bool:
    """Whether a pass leads to an update, or gives what another network learns from."""
    if forward.gradients is not False:
        return any(bare(model) is bare(forward.model) for model in training.models)
    others = (
        event for event in training.of(Forward) if event.direct and event.gradients and event.model is not forward.model
    )
    return any(any(bare(model) is bare(forward.model) for model in models(event.tokens)) for event in others)


def _latest_switch(run: Run, network: Value, forward: Forward) -> tuple[ModeSwitch | None, bool]:
    """The last switch of a network as a whole before a pass, and whether parts of it were put into eval mode since."""
    mine = run.anatomy.group(network)
    is_protected = False
    for event in reversed(run.events[: forward.order]):
        if not isinstance(event, ModeSwitch) or not event.compatible(forward) or is_optimizer(event.model):
            continue
        part = bare(event.model)
        if not (isinstance(part, Library) and "part_of" in part.state) and run.anatomy.within(network, part):
            return event, is_protected
        if event.mode != "train" and run.anatomy.group(part).meets(mine) is not False:
            is_protected = True
    return None, is_protected


def _starts_in_train_mode(network: Value) -> bool:
    if isinstance(network, Instance):
        return network.place is not None
    return isinstance(network, Library) and network.place is not None and network.trait("initial_mode") != "eval"


def _hidden(run: Run, network: Value, switch: ModeSwitch | None, forward: Forward) -> bool:
    """Whether unknown code is given the network, and may put its norms aside, before the pass."""
    since = switch.order if switch is not None else -1
    for event in run.events[since + 1 : forward.order]:
        if isinstance(event, Escaped) and any(
            run.anatomy.within(network, value) or run.anatomy.within(value, network) for value in event.values
        ):
            return True
    return False
