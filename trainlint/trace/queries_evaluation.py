"""In which mode evaluations run: train or eval, with or without gradients, and what mode they leave behind."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

import msgspec

from trainlint.findings import Place
from trainlint.trace.anatomy import bare
from trainlint.trace.evaluations import MEASURING, Evaluation, Measurement, evaluations
from trainlint.trace.events import Backward, Event, Forward, Loaded, Loop, Made, Measured, ModeSwitch, OptimizerStep
from trainlint.trace.once import once
from trainlint.trace.queries_initial import is_pretrained
from trainlint.trace.sequence import repeats, shared_loop
from trainlint.trace.tokens import HELD_OUT, Source, Tokens, models, sources
from trainlint.trace.values import Library, Value
from trainlint.trace.view import Run

# Functions of these names evaluate with dropout on because they mean to.
_STOCHASTIC = re.compile(r"(?:^|_)mc(?:_|$)|monte|dropout|uncertain|bayes|stochastic", re.I)
# Unknown functions that draw what they are given, and those of them that draw a metric.
_SHOWING = re.compile(r"(?:^|[._])(?:im)?(?:show|plot|draw|render|visuali[sz]e|display|scatter)", re.I)
_SUMMING_UP = re.compile(r"confusion|matrix|roc|curve|metric|acc|score|error|report|eval", re.I)


class Pass(msgspec.Struct, frozen=True):
    """A forward pass of an evaluation on the default path, and where the evaluation stands: its loop over the data, else the pass."""

    evaluation: Evaluation
    forward: Forward
    place: Place


@once
def passes(run: Run) -> Sequence[Pass]:
    """The forward passes whose results are measured on held-out data, in programs and in functions that train."""
    return tuple(_passes(run))


def _passes(run: Run) -> Iterator[Pass]:
    if not run.trainings and (run.kind != "script" or not _has_learnt(run)):
        return
    trained = {source for training in run.trainings for source in training.sources}
    updated = {frame.loop for backward in run.of(Backward) if not backward.offered for frame in backward.frames}
    for evaluation in evaluations(run.among(*MEASURING), trained):
        source = evaluation.source
        if source is None or (not trained and source.split not in HELD_OUT):
            continue
        for event, forward in _measured_passes(run, evaluation, source):
            if source.split not in HELD_OUT and forward.mode != "eval" and forward.gradients is not False:
                # Nothing tells that this is no training data.
                continue
            loop = _data_loop(evaluation, forward)
            if loop in updated if loop is not None else _goes_back(run, event, source):
                continue
            if not forward.offered and not event.offered:
                yield Pass(evaluation, forward, loop.place if loop is not None else _place(event, forward))


def _measured_passes(run: Run, evaluation: Evaluation, source: Source) -> Iterator[tuple[Event, Forward]]:
    """The forward passes behind a measurement, wherever the function that measures is called."""
    seen: set[tuple[Place, ...]] = set()
    for event in evaluation.events:
        if isinstance(event, Measured) and _SHOWING.search(event.what) and not _SUMMING_UP.search(event.what):
            # A prediction beside its target, for somebody to look at: no number comes of it.
            continue
        called = tuple(call.place for call in event.calls)
        if called not in seen:
            seen.add(called)
            yield from ((event, forward) for forward in _forwards(run, event, source))


def _goes_back(run: Run, event: Event, source: Source) -> bool:
    """Whether gradients are computed from data that is measured outside a loop over it: by an attack on it, say."""
    return any(
        backward.calls[: len(event.calls)] == event.calls and source in sources(backward.tokens)
        for backward in run.of(Backward)
    )


def _has_learnt(run: Run) -> bool:
    """Whether a program that trains nothing loads what was learnt: else its networks may have nothing to learn."""
    pretrained = (made.thing for made in run.of(Made) if isinstance(made.thing, Library))
    return bool(run.of(Loaded)) or any(thing.trait("initial_mode") == "eval" for thing in pretrained)


def _forwards(run: Run, event: Measurement, source: Source) -> list[Forward]:
    """The last pass of the data through each network that a measured value went through."""
    if isinstance(event, Forward) and _learns(run, event.model):
        return [event]
    found: list[Forward] = []
    wanted = [model for model in models(event.tokens) if _learns(run, model)]
    for candidate in reversed(run.events[: event.order]):
        if isinstance(candidate, Forward) and candidate.direct and any(candidate.model is model for model in wanted):
            if any(candidate.model is other.model for other in found) or not candidate.compatible(event):
                continue
            if _related(source, candidate.tokens):
                found.append(candidate)
        if len(found) == len(wanted):
            break
    return found


def _learns(run: Run, network: Value) -> bool:
    """Whether a network may have parameters: a criterion of the project's own has none, and no graph begins there."""
    return run.anatomy.content(network).parameters is not False


def _data_loop(evaluation: Evaluation, forward: Forward) -> Loop | None:
    """The loop over the evaluated data."""
    assert evaluation.source is not None
    for frame in reversed(forward.frames):
        if repeats(frame.loop) and _related(evaluation.source, frame.loop.over):
            return frame.loop
    return None


def _related(source: Source, tokens: Tokens) -> bool:
    """Whether data is, or comes from what, a source was taken from."""
    origins = set(source.ancestors())
    return any(not origins.isdisjoint(other.ancestors()) for other in sources(tokens))


def _place(event: Event, forward: Forward) -> Place:
    """The forward pass as seen from where its result is measured; where a helper goes over the data, its loop."""
    depth = len(event.calls)
    if len(forward.calls) > depth and forward.calls[:depth] == event.calls:
        for frame in forward.frames:
            if depth < frame.loop.depth <= len(forward.calls) and repeats(frame.loop):
                return frame.loop.place
        return forward.calls[depth].place
    return forward.place


def in_train_mode(run: Run) -> Iterator[Pass]:
    """Evaluations of a network in train mode that may hold dropout or batch norm, unless that is meant."""
    for found in passes(run):
        forward = found.forward
        if forward.mode != "train" or not run.anatomy.switched_by_mode(forward.model) or _is_detector(forward.model):
            continue
        if any(_STOCHASTIC.search(call.function) for call in forward.calls) or _switched_on_purpose(run, forward):
            continue
        if found.evaluation.is_of_unknown_data and _has_first_values(run, forward):
            continue
        if _is_switched_by_parts(run, forward):
            continue
        yield found


def _is_switched_by_parts(run: Run, forward: Forward) -> bool:
    """Whether all parts of a network that may differ by mode are in eval mode, though the network itself is not: it lent
    the name `train` to its training, or put a frozen encoder aside."""
    parts: list[Forward] = []
    for event in reversed(run.events[: forward.order]):
        if isinstance(event, Forward):
            if event.direct or not run.anatomy.within(event.model, forward.model):
                break
            if run.anatomy.switched_by_mode(event.model):
                parts.append(event)
    if not parts or any(part.mode != "eval" for part in parts):
        return False
    held = {member for part in parts for member in run.anatomy.group(part.model).members}
    others = [event.thing for event in run.of(Made) if run.anatomy.within(event.thing, forward.model)]
    return not any(
        isinstance(layer, Library) and id(layer) not in held and run.anatomy.switched_by_mode(layer) for layer in others
    )


def _has_first_values(run: Run, forward: Forward) -> bool:
    """Whether a network is as it was made: a look at it before it learns is no test of it."""
    model = bare(forward.model)
    if not any(isinstance(event, Made) and event.thing is model for event in run.events[: forward.order]):
        return False
    for event in run.events[: forward.order]:
        if isinstance(event, Made) and is_pretrained(event.thing):
            return False
        if isinstance(event, Loaded) and (
            event.how == "load_state_dict" if event.into is None else run.anatomy.within(model, event.into)
        ):
            return False
        if isinstance(event, Backward) and any(bare(other) is model for other in models(event.tokens)):
            return False
    return True


def _is_detector(model: Value) -> bool:
    inner = bare(model)
    return isinstance(inner, Library) and ".detection." in inner.dotted


def _switched_on_purpose(run: Run, forward: Forward) -> bool:
    """Whether ``train()`` is called between the last update and the evaluation."""
    for event in reversed(run.events[: forward.order]):
        if isinstance(event, OptimizerStep | Backward):
            return False
        if isinstance(event, ModeSwitch) and event.mode == "train" and run.anatomy.within(forward.model, event.model):
            return True
    return False


class Unrestored(msgspec.Struct, frozen=True):
    """An ``eval()`` inside a training that the next update's forward pass still runs under."""

    switch: ModeSwitch
    forward: Forward


def unrestored(run: Run) -> Iterator[Unrestored]:
    """Switches to eval for an evaluation that nothing switches back before the next update."""
    forwards = [event for event in run.of(Forward) if event.direct and not event.offered]
    for forward in forwards:
        if forward.mode != "eval" or forward.gradients is False or not run.anatomy.switched_by_mode(forward.model):
            continue
        switch = _last_eval(run, forward)
        if switch is None or switch.offered or shared_loop(switch, forward) is None:
            continue
        measured = any(
            switch.order < other.order < forward.order and other.model is forward.model and _is_evaluation(other)
            for other in forwards
        )
        if measured and not _is_evaluation(forward) and _is_trained(run, forward):
            yield Unrestored(switch, forward)


def _is_evaluation(forward: Forward) -> bool:
    return forward.gradients is False or any(source.split in HELD_OUT for source in sources(forward.tokens))


def _is_trained(run: Run, forward: Forward) -> bool:
    """Whether a pass leads to an update of the network: a backward pass of its result, and a step of its parameters."""
    group = run.anatomy.group(forward.model)
    for event in run.events[forward.order :]:
        if isinstance(event, Forward) and event.direct and event.model is forward.model and event is not forward:
            if event.place == forward.place:
                return False
        if isinstance(event, Backward) and any(model is forward.model for model in models(event.tokens)):
            if (
                event.compatible(forward)
                and shared_loop(event, forward) is not None
                and event.frames[-1] in forward.frames
            ):
                return any(
                    run.gradients.group(step).meets(group) is not False
                    for step in run.of(OptimizerStep)
                    if not step.offered
                )
    return False


def _last_eval(run: Run, forward: Forward) -> ModeSwitch | None:
    for event in reversed(run.of(ModeSwitch)):
        if event.order < forward.order and event.mode == "eval" and run.anatomy.within(forward.model, event.model):
            return event
    return None
