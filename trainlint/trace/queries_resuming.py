"""Runs that go on where an earlier one stopped: where the weights come back, and what else does."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, TypeVar

import msgspec

from trainlint.findings import Place
from trainlint.trace.anatomy import bare, plain
from trainlint.trace.events import (
    Backward,
    Escaped,
    Event,
    Loaded,
    LoadFailureCaught,
    Loop,
    LoopKind,
    LossComputed,
    Measured,
    OptionDeclared,
    Restored,
    Saved,
    SchedulerStep,
)
from trainlint.trace.merge import distinct
from trainlint.trace.queries_best import is_of_best
from trainlint.trace.queries_saving import KEEPING, network
from trainlint.trace.queries_schedules import TORCH_LIKE, has_state, is_known, is_optimizer, is_scheduler, optimizers
from trainlint.trace.values import Constant, Library, Value
from trainlint.trace.view import Run, Training

if TYPE_CHECKING:
    from trainlint.trace.runs import Trace

Lost = TypeVar("Lost")

# What counts a run's progress, and what a run is told to begin at.
_COUNTER = re.compile(r"epoch|step|iter|(?:^|_)ep(?:$|_)", re.I)
_START = re.compile(
    r"(?:start|begin|resume|initial|init)(?:ing)?_?(?:epoch|step|iter(?:ation)?)s?|last_?epoch|(?:epoch|step|iter(?:ation)?)_?(?:start|begin)",
    re.I,
)
_WORDS = re.compile(r"\w+")
_STAGE = re.compile(r"warm|freez|stage|pre|phase", re.I)
# What is restored of the metric, also inside a history.
_BEST_KEY = re.compile(
    r"best|acc|loss|score|metric|monitor|record|psnr|miou|m?ap$|f1|auc|error|perplexity|ppl|(?:^|_)(?:max|min|val)|histor|result|stop",
    re.I,
)
_ONLY_EVALUATING = re.compile(r"eval|test|valid|infer|predict|only", re.I)
# Calls of unknown code that may bring the state of an optimizer back.
_RESTORING = re.compile(r"load|resum|restor|checkpoint|ckpt|state|init|prepare|setup|trainer", re.I)
_OPTIMIZER_KEY = re.compile(r"optim", re.I)
_SCHEDULER_KEY = re.compile(r"sched|lr", re.I)


class Resumption(msgspec.Struct, frozen=True):
    """A training that goes on from a file: ``load`` restores its network."""

    training: Training
    load: Loaded

    @property
    def run(self) -> Run:
        return self.training.run

    def brings_back(self, keys: re.Pattern[str]) -> bool:
        """Whether something saved under such a key is bound to a name."""
        return any(keys.search(event.key) or keys.search(event.target) for event in self.run.of(Restored))


def always_lost(trace: Trace, lost: Callable[[Resumption], Lost | None]) -> Iterator[tuple[Place, Lost]]:
    """Loads after which something is lost in all runs: a loader that one of its callers uses well is not at fault."""
    found: dict[Place, Lost | None] = {}
    for run in trace.runs:
        for resumption in resumptions(run):
            place, what = resumption.load.place, lost(resumption)
            found[place] = what if found.get(place, what) is not None else None
    for place, what in found.items():
        if what is not None:
            yield place, what


def resumptions(run: Run) -> Iterator[Resumption]:
    """The trainings of a run that an earlier run's weights and progress are restored for."""
    reads = [event for event in run.of(Loaded) if event.into is None]
    if not reads or not run.complete:
        return
    for training in run.trainings:
        loads = [
            event for event in run.of(Loaded) if _restores_network(event, training) and reads[0].order < event.order
        ]
        found = _by_counter(training, loads) or _by_option(training, loads)
        if found is not None:
            yield found


def _restores_network(event: Loaded, training: Training) -> bool:
    """Whether weights from a file go into the network that is trained, as a whole, before the training begins."""
    if event.into is None or event.order > training.events[0].order or network(event.into) is None:
        return False
    value = event.value
    if isinstance(value, Library) and value.role == "state" and not _is_filled(event, value, training.run):
        return False
    return any(training.run.anatomy.within(model, event.into) for model in training.models)


def _is_filled(event: Loaded, state: Library, run: Run) -> bool:
    """Whether a network's own state is loaded into it again, after it was filled from a file in the same function."""
    owner = state.arguments.get("of")
    if owner is None or event.into is None or bare(owner) is not bare(event.into):
        return False
    return any(read.into is None and read.calls == event.calls and read.order < event.order for read in run.of(Loaded))


def _by_counter(training: Training, loads: list[Loaded]) -> Resumption | None:
    for event in training.run.of(Restored):
        name = event.target.rpartition(".")[2]
        if event.order > training.events[0].order or not (_COUNTER.search(event.key) or _COUNTER.search(name)):
            continue
        near = [load for load in loads if _together(load, event)]
        if near and _goes_on_at(training, name):
            return Resumption(training, min(near, key=lambda load: abs(load.order - event.order)))
    return None


def _by_option(training: Training, loads: list[Loaded]) -> Resumption | None:
    """Weights from a file of the user's, and the epoch to begin at told by hand."""
    if not loads:
        return None
    loops = _loops(training)
    # What a person edits in the script (`start_epoch = 0`) is as often left as it is.
    begins = [loop.begin for loop in loops if not loop.fixed]
    texts = [*begins, *(loop.skips for loop in loops), *(event.option for event in training.run.of(OptionDeclared))]
    told = any(_START.fullmatch(word) for text in texts for word in _WORDS.findall(text))
    return Resumption(training, loads[-1]) if told or any(map(_tells_progress, begins)) else None


def _tells_progress(begin: str) -> bool:
    """Whether a range begins at an option that counts (``opt.epoch``), rather than where an earlier stage ends."""
    return "." in begin and _COUNTER.search(begin.rpartition(".")[2]) is not None and not _STAGE.search(begin)


def _together(one: Event, other: Event) -> bool:
    """Whether two events happen on the same conditions, but for further ones of one of them."""
    mine, theirs = ({(guard.place, guard.side) for guard in event.guards} for event in (one, other))
    return mine <= theirs or theirs <= mine


def _goes_on_at(training: Training, name: str) -> bool:
    """Whether a loop begins at a name, runs while it is told to by that, or skips the rounds before it."""
    for loop in _loops(training):
        text = f"{loop.label} {loop.skips}" if loop.kind is LoopKind.WHILE else loop.begin
        skips = loop.skips if name != loop.label else ""
        if name in _WORDS.findall(f"{text} {skips}"):
            return True
    return False


def _loops(training: Training) -> list[Loop]:
    """The loops around the updates, the outermost first."""
    return list(dict.fromkeys(training.backwards[0].loops))


# The optimizer and its schedule


def forgotten_optimizers(resumption: Resumption) -> list[Value] | None:
    """The optimizers with a state that a resumed training goes on without; None where they may come back."""
    own = optimizers(resumption.training)
    if not own or not all(map(_is_made_here, own)) or resumption.brings_back(_OPTIMIZER_KEY):
        return None
    if any(_may_restore(event, is_optimizer) for event in resumption.run.among(Loaded, Escaped)):
        return None
    return [optimizer for optimizer in own if has_state(optimizer)]


def _may_restore(event: Event, wanted: Callable[[Value], bool]) -> bool:
    """Whether a state goes into an optimizer or scheduler (as ``wanted`` tells), a framework, or something unknown."""
    if isinstance(event, Loaded):
        into = event.into
        if into is None:
            return event.how == "load_state_dict"
        inner = plain(into)
        return wanted(inner) or (isinstance(inner, Library) and inner.role in ("framework", "saver"))
    if isinstance(event, Escaped):
        return bool(_RESTORING.search(event.callee)) and any(wanted(plain(value)) for value in event.values)
    return False


def _is_made_here(optimizer: Value) -> bool:
    """Whether the program makes an optimizer, by whatever it calls for it, rather than being handed it."""
    origin = optimizer.state.get("origin") if isinstance(optimizer, Library) else None
    return is_known(optimizer) or (isinstance(origin, str) and origin.startswith("call:"))


def forgotten_schedulers(resumption: Resumption) -> list[Value] | None:
    """The schedulers that a resumed training begins anew; None where they may go on."""
    steps = [step for step in resumption.run.of(SchedulerStep) if not step.offered]
    first = resumption.training.events[0].order
    if any(step.order < first for step in resumption.run.of(SchedulerStep)) or resumption.brings_back(_SCHEDULER_KEY):
        return None
    if any(_may_restore(event, is_scheduler) for event in resumption.run.among(Loaded, Escaped)):
        return None
    inside = ((step, plain(step.scheduler)) for step in steps if step.inside(resumption.training.loop))
    return distinct(scheduler for step, scheduler in inside if _starts_anew(scheduler, step))


def _starts_anew(scheduler: Value, step: SchedulerStep) -> bool:
    if not isinstance(scheduler, Library) or not is_known(scheduler):
        return False
    if scheduler.dotted != "?" and not scheduler.dotted.startswith(TORCH_LIKE):
        return False
    last = scheduler.arguments.get("last_epoch")
    if last is not None and not (isinstance(last, Constant) and last.value == -1):
        return False
    return step.metric is None or scheduler.short == "ReduceLROnPlateau"


# The best value


def forgotten_best(resumption: Resumption) -> Saved | None:
    """The save of the best weights that a resumed training does without knowing the best value so far."""
    training, run = resumption.training, resumption.run
    if any(_BEST_KEY.search(event.key) or _BEST_KEY.search(event.target) for event in run.of(Restored)):
        return None
    if any(_sets_out(event, resumption) for event in run.among(LossComputed, Measured)):
        return None
    for saved in training.of(Saved):
        if saved.holds & KEEPING and any(is_of_best(guard, training) for guard in saved.guards):
            return saved
    return None


def _sets_out(event: Event, resumption: Resumption) -> bool:
    """Whether something is measured on restored weights before the training goes on: the best value may be that."""
    run, first = resumption.run, resumption.training.events[0].order
    if not isinstance(event, LossComputed | Measured) or event.order > first:
        return False
    loaded = any(load.into is not None and load.order < event.order for load in run.of(Loaded))
    # Under `if args.evaluate:` the program evaluates and ends.
    return loaded and not any(_ONLY_EVALUATING.search(guard.text) for guard in event.guards)


# Loads that may fail


def swallowed_loads(run: Run) -> Iterator[tuple[LoadFailureCaught, Loaded]]:
    """Handlers that let a training go on without the weights of its network, whatever went wrong, and the loads."""
    for caught in run.of(LoadFailureCaught):
        block, handler = run.events[caught.first : caught.end], run.events[caught.end : caught.order]
        if any(isinstance(event, Loaded) for event in handler) or any(isinstance(event, Backward) for event in block):
            continue
        for load in block:
            if isinstance(load, Loaded) and any(_restores_network(load, training) for training in run.trainings):
                yield caught, load
                break
