"""The networks that one optimizer trains together, and which of them are saved."""

from __future__ import annotations

import re
from collections.abc import Iterator

import msgspec

from trainlint.trace.anatomy import bare
from trainlint.trace.events import Escaped, Saved
from trainlint.trace.merge import distinct, options_of
from trainlint.trace.purpose import ADVERSARIAL, BENCHMARK, SELF_SUPERVISED, TEST_CODE
from trainlint.trace.queries_saving import KEEPING, NETWORKS, live_states, network
from trainlint.trace.queries_schedules import optimizers
from trainlint.trace.values import DictValue, Instance, Library, ListValue, Stream, TupleValue, Value
from trainlint.trace.view import Run

# Parts that serve the training alone: criteria with weights of their own, heads that self-supervised training drops.
_FOR_TRAINING = re.compile(
    r"loss|criteri|margin|arc_?face|cos_?face|proxy|cent(?:er|re)|projec|predictor|discrimin|critic|aux|teacher|ema|weighting",
    re.I,
)

# Trainings of which a part is meant for the training alone, or whose files nobody will load.
_DROPPING = frozenset({SELF_SUPERVISED, ADVERSARIAL, BENCHMARK, TEST_CODE})


class PartLeftOut(msgspec.Struct, frozen=True):
    """A network that an optimizer trains beside others, of which those are saved and it is not."""

    part: Value
    saved: Saved
    beside: Value


def parts_left_out(run: Run) -> Iterator[PartLeftOut]:
    """The networks that are trained together with saved ones, and that nothing saves or may save."""
    saves = [event for event in run.of(Saved) if event.holds & KEEPING]
    if not run.complete or not saves or any("unknown" in event.holds for event in saves):
        return
    kept = [(bare(owner), event) for event in saves for owner in _saved_networks(event)]
    for training in run.trainings:
        if training.exemptions & _DROPPING:
            continue
        for optimizer in optimizers(training):
            trained = _networks_of(optimizer)
            found = next(((net, event) for net, event in kept for one in trained if _holds(run, net, one)), None)
            if found is None or found[1].offered:
                continue
            wholes = {id(whole): whole for part in trained for whole in training.models if _holds(run, whole, part)}
            for whole in wholes.values():
                if _is_left_out(whole, run, kept):
                    yield PartLeftOut(whole, found[1], found[0])


def _saved_networks(event: Saved) -> list[Value]:
    if event.value is None:
        return []
    whole = network(event.value)
    return [whole] if whole is not None else live_states(event.value)


def _networks_of(optimizer: Value) -> list[Value]:
    """The networks whose parameters an optimizer is given, as far as their names stand there."""
    params = optimizer.arguments.get("params") if isinstance(optimizer, Library) else None
    return distinct(_owners(params))


def _owners(value: Value | None, depth: int = 0) -> Iterator[Value]:
    if value is None or depth > 4:
        return
    inner: list[Value] = []
    if isinstance(value, ListValue):
        inner = [*value.items, *options_of(value.rest)]
    elif isinstance(value, TupleValue):
        inner = list(value.elements)
    elif isinstance(value, DictValue):
        inner = [value.entries["params"]] if "params" in value.entries else []
    elif isinstance(value, Stream):
        inner = [value.over] if value.over is not None else list(options_of(value.element))
    elif isinstance(value, Library) and value.role == "parameters":
        owner = value.arguments.get("of")
        whole = bare(owner) if owner is not None else None
        if isinstance(whole, Instance) or (isinstance(whole, Library) and whole.role in NETWORKS):
            yield whole
    for part in inner:
        yield from _owners(part, depth + 1)


def _is_left_out(whole: Value, run: Run, kept: list[tuple[Value, Saved]]) -> bool:
    named = f"{whole.name or ''} {whole.cls.name if isinstance(whole, Instance) else ''}"
    if whole.name is None or _FOR_TRAINING.search(named):
        return False
    if any(_holds(run, net, whole) or _holds(run, whole, net) for net, _ in kept):
        return False
    return not any(_holds(run, whole, bare(value)) for event in run.of(Escaped) for value in event.values)


def _holds(run: Run, outer: Value, inner: Value) -> bool:
    return outer is inner or run.anatomy.within(inner, outer)
