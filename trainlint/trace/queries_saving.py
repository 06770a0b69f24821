"""What a run keeps, of its model above all: files, and copies in memory."""

from __future__ import annotations

import re
from collections.abc import Iterator

from trainlint.knowledge.conventions import role_of_name
from trainlint.trace.anatomy import parts, plain
from trainlint.trace.events import Assigned, Backward, Escaped, Event, FrameworkFit, Guard, Loop, LoopKind, Made, Saved
from trainlint.trace.merge import options_of
from trainlint.trace.tokens import LossToken, MeasureToken, ModelToken, models
from trainlint.trace.values import Constant, Data, Instance, Library, Value, Wrapped
from trainlint.trace.view import Run, Training

KEEPING = frozenset({"model", "state", "unknown"})
NETWORKS = frozenset({"module", "container", "model"})
# The events by which a model may get to disk.
_SAVING = (Saved, FrameworkFit, Escaped)
_WRITING = re.compile(r"(?:^|[._])(?:to_(?:csv|json|parquet|pickle|hdf)|dump|save|savez|savetxt|write)")


def saves_model(run: Run) -> bool:
    """Whether a run writes its model to disk, also by default of a framework, or hands it to code that may do so."""
    return any(map(_may_save, run.among(*_SAVING)))


def written_elsewhere(run: Run) -> Iterator[Value]:
    """What unknown code is given that writes it to a file, as its name tells."""
    for event in run.of(Escaped):
        if _WRITING.search(event.callee):
            yield from event.values


def _may_save(event: Event) -> bool:
    if isinstance(event, Saved):
        return bool(event.holds & KEEPING)
    if isinstance(event, FrameworkFit):
        framework = event.framework
        return isinstance(framework, Library) and bool(framework.trait("saves")) and _checkpoints(framework)
    # What a network calls while it computes doesn't save it.
    forward = any(call.function == "forward" for call in event.calls)
    return isinstance(event, Escaped) and not forward and any(_holds_network(value) for value in event.values)


def _checkpoints(framework: Library) -> bool:
    # `checkpoint_callback` is the word of older releases.
    wanted = [framework.arguments.get(word) for word in ("enable_checkpointing", "checkpoint_callback")]
    return not any(isinstance(value, Constant) and value.value is False for value in wanted)


def _holds_network(value: Value) -> bool:
    inner = plain(value)
    if isinstance(inner, Data):
        return inner.name is not None and role_of_name(inner.name) == "model"
    if isinstance(inner, Library):
        return inner.role in NETWORKS or inner.role in ("state", "framework")
    return isinstance(inner, Wrapped) or (isinstance(inner, Instance) and "module" in inner.kinds)


def network(value: Value) -> Value | None:
    """The network that a value is, out of its wrappers."""
    inner = plain(value)
    while isinstance(inner, Wrapped):
        inner = plain(inner.inner)
    if isinstance(inner, Library):
        return inner if inner.role in NETWORKS else None
    return inner if isinstance(inner, Instance) and "module" in inner.kinds else None


def live_states(value: Value) -> list[Value]:
    """The networks that a kept value still shares its weights with: `model.state_dict()`, or the network itself."""
    found: list[Value] = []
    for part in parts(value):
        live = isinstance(part, Library) and (part.role == "state" or part.dotted == "<element>")
        if isinstance(part, Library) and live and not part.state.get("copied"):
            found += [
                owner for option in options_of(part.arguments.get("of")) if (owner := network(option)) is not None
            ]
        elif (whole := network(part)) is not None:
            found.append(whole)
    return found


def is_best(event: Assigned) -> bool:
    """Whether something is kept because a number is better than before."""
    for guard in reversed(event.guards):
        if any(_is_number(token) for token in guard.tokens):
            return any(sign in guard.text + event.target.lower() for sign in ("<", ">", "best"))
    return False


def _is_number(token: object) -> bool:
    return isinstance(token, LossToken | MeasureToken | ModelToken)


def goes_on_training(owner: Value, event: Assigned, training: Training) -> bool:
    """Whether the same network is updated again in the training after an event."""
    here = event.round_of(training.loop)
    if here is None or any(frame.loop.kind is LoopKind.COMPREHENSION for frame in event.frames):
        return False
    # What is updated in another round than this one is the same network in all of them.
    return any(
        _went_through(owner, backward) and (backward.order > event.order or backward.round_of(training.loop) != here)
        for backward in training.backwards
    )


def _went_through(owner: Value, backward: Backward) -> bool:
    return any(model is owner for model in models(backward.tokens))


def hands_model_back(training: Training) -> bool:
    """Whether a function that nothing calls trains what its caller holds, who may save it."""
    if training.run.kind != "function":
        return False
    made = [model for model in training.models if isinstance(model, Library | Instance) and model.place is not None]
    return len(made) < len(training.models)


def is_a_trial(training: Training) -> bool:
    """Whether a search for hyper-parameters trains a candidate: its score is kept, by whoever searches."""
    return any(call.function == "objective" for event in training.events[:1] for call in event.calls)


def saved_at_the_end(training: Training) -> Saved | None:
    """The first save after a training of several epochs of which nothing is, or may be, saved in the course of it."""
    if training.batch_loop is training.loop or any(map(_may_save, training.among(*_SAVING))):
        return None
    last = training.events[-1].order
    saves = (event for event in training.run.of(Saved) if event.order > last and not event.offered)
    return next((event for event in saves if event.holds & {"model", "state"}), None)


# Functions that are called for one process alone, and what tells the files of several apart.
_FOR_ONE = re.compile(r"rank|master|main_process|main_only|primary|zero|chief|leader", re.I)
_OF_ONE = re.compile(r"rank|gpu|local|proc|pid|worker|device|host|node", re.I)
# A measure that each process may have taken on its own part of the data.
_MEASURE = re.compile(r"loss|acc|score|metric|iou|dice|auc|f1|perplexity|ppl|bleu|psnr|wer|cer|error", re.I)
# Conditions by which one process of several writes, or may be told to.
_CHOOSING = re.compile(
    r"rank|main|master|primary|zero|gpu|local|chief|leader|proc|worker|node|device|coordinator|host|saver|is_first",
    re.I,
)


def saved_by_all(run: Run) -> Iterator[Saved]:
    """Where each process of a distributed run writes the same file of weights or states."""
    spread = _spread(run)
    if spread is None:
        return
    for saved in run.of(Saved):
        if saved.how != "torch.save" or not saved.holds & {"model", "state", "optimizer"} or saved.offered:
            continue
        callers = " ".join(call.function for call in saved.calls)
        named = " ".join(saved.file)
        if saved.order < spread or _FOR_ONE.search(callers) or _OF_ONE.search(named) or _MEASURE.search(named):
            continue
        if all(map(_holds_for_all, saved.guards)):
            yield saved


def _spread(run: Run) -> int | None:
    """From where on a network is trained by several processes, each with a copy of it."""
    for event in run.among(Made, Backward):
        if isinstance(event, Made) and event.role == "wrapper":
            if any(isinstance(option, Wrapped) and option.kind == "ddp" for option in options_of(event.thing)):
                return event.order
        elif isinstance(event, Backward) and event.via == "accelerator":
            return event.order
    return None


def _holds_for_all(guard: Guard) -> bool:
    """Whether a condition is known to go the same way in each process: one on an option, a metric or the epoch."""
    if _CHOOSING.search(guard.text):
        return False
    return bool(guard.tokens) or isinstance(guard.test, Constant) or guard.kind in ("while", "try")


def aliased_bests(run: Run) -> list[Assigned]:
    """Places where the best weights are kept without a copy while the same network goes on training: of what is kept
    under several names, the first."""
    found: dict[tuple[Loop, object], Assigned] = {}
    for training in run.trainings:
        for event in training.of(Assigned):
            if is_best(event) and not event.offered and not _is_saved_at_once(run, event):
                if _goes_stale(event, training):
                    taken = event.value.place if isinstance(event.value, Library) else event.place
                    found.setdefault((training.loop, taken), event)
    return list(found.values())


def _goes_stale(event: Assigned, training: Training) -> bool:
    return any(goes_on_training(owner, event, training) for owner in live_states(event.value))


def _is_saved_at_once(run: Run, event: Assigned) -> bool:
    """Whether the state goes to disk before the next update."""
    for later in run.events[event.order + 1 :]:
        if isinstance(later, Backward):
            return False
        if isinstance(later, Saved) and later.holds & KEEPING and set(event.guards) <= set(later.guards):
            return True
    return False
