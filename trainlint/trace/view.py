"""What the events of a run add up to: its trainings, evaluations and what they are about. Rules ask here."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property

from trainlint.findings import Place
from trainlint.knowledge.conventions import split_of_name
from trainlint.trace.anatomy import Anatomy, plain
from trainlint.trace.datasets import makers
from trainlint.trace.decisions import DECIDING, Decision, decisions
from trainlint.trace.events import (
    Accumulated,
    Backward,
    Call,
    Escaped,
    Event,
    Forward,
    Iterated,
    Loop,
    LoopKind,
    LossComputed,
    Made,
    Measured,
    ModeSwitch,
    OptimizerStep,
    Saved,
    Seeded,
    SplitDrawn,
)
from trainlint.trace.kinds import Happenings
from trainlint.trace.merge import distinct, sources_of, tokens_of
from trainlint.trace.purpose import exemptions
from trainlint.trace.sequence import GradientFlow, shared_loop
from trainlint.trace.survey import Survey
from trainlint.trace.tokens import AccumulatedToken, LossToken, ModelToken, PermutedToken, Source, Tokens
from trainlint.trace.values import Data, Graph, Instance, Library, Stream, Value

HELD_OUT = ("validation", "test")
# The events of which evaluations are made.
MEASURING = (Forward, LossComputed, Measured)
# Calls of unknown code that may evaluate: the model and its data may be known there.
WRITING = re.compile(r"(?:^|[._])(?:to_(?:csv|json|parquet|pickle|hdf)|dump|save|savez|savetxt|write)")
EVALUATION = re.compile(r"eval|valid|score|(?:^|_)test(?:_|$)", re.I)
EVALUATING = re.compile(r"eval|valid|(?:^|[._])test|score|callback|hook|on_(?:epoch|step|batch)_", re.I)


def split_told(name: str | None) -> str | None:
    """The split that a name tells."""
    return split_of_name(name) if name else None


def sources(tokens: Tokens) -> list[Source]:
    return [token for token in tokens if isinstance(token, Source)]


def models(tokens: Tokens) -> list[Value]:
    return [token.model for token in tokens if isinstance(token, ModelToken)]


def losses(tokens: Tokens) -> set[LossToken]:
    return {token for token in tokens if isinstance(token, LossToken)}


@dataclass(eq=False)
class Evaluation:
    """A measurement of a network's predictions on data from which it is not updated.

    ``source`` is None where the data is not known. ``event`` is the first measurement, ``forward`` the forward pass before it.
    """

    event: Event
    source: Source | None
    forward: Forward | None
    events: list[Event] = field(default_factory=list)

    @property
    def split(self) -> str:
        return self.source.split if self.source is not None else "unknown"

    @property
    def is_of_unknown_data(self) -> bool:
        """Whether it is measured on data of which nothing tells what it is for."""
        return self.source is not None and self.source.split == "unknown"

    @property
    def loop(self) -> Loop | None:
        """The innermost loop around the measurement."""
        return self.event.frames[-1].loop if self.event.frames else None

    def place_in(self, loop: Loop) -> Place:
        """Where the evaluation stands in a loop: its call there, else its own loop there, else itself."""
        return place_in(self.event, loop)


def place_in(event: Event, loop: Loop) -> Place:
    """Where something that happens within a loop stands in it: the call made there, a loop there, or the event itself."""
    if len(event.calls) > loop.depth:
        return event.calls[loop.depth].place
    inner = [frame.loop for frame in event.frames if frame.loop.depth == loop.depth]
    if loop in inner:
        below = inner[inner.index(loop) + 1 :]
        for candidate in below:
            if not candidate.unrolled and candidate.kind is not LoopKind.COMPREHENSION:
                return candidate.place
    return event.place


def place_beside(event: Event, calls: Sequence[Call]) -> Place:
    """Where an event stands in the innermost function that some calls share with it: the call made there, or itself."""
    for depth, call in enumerate(event.calls):
        if depth >= len(calls) or call != calls[depth]:
            return call.place
    return event.place


@dataclass(eq=False)
class Training(Happenings):
    """One training of a run: an epoch loop (the outermost one in which parameters are updated) and what happens there."""

    run: Run
    loop: Loop
    events: list[Event]

    @cached_property
    def backwards(self) -> Sequence[Backward]:
        return self.of(Backward)

    @cached_property
    def steps(self) -> Sequence[OptimizerStep]:
        return self.of(OptimizerStep)

    @cached_property
    def batch_loop(self) -> Loop:
        """The innermost loop that holds backward and step."""
        first = self.backwards[0]
        steps = self.steps
        for frame in reversed(first.frames):
            if any(step.inside(frame.loop) for step in steps):
                return frame.loop
        return self.loop

    @cached_property
    def sources(self) -> set[Source]:
        """The data that the updates are computed from, with all that it was made of."""
        # What an option would train on as well is not trained on, unless nothing else is.
        backwards = [backward for backward in self.backwards if not backward.offered] or self.backwards
        return {source for backward in backwards for source in sources(backward.tokens)}

    @cached_property
    def models(self) -> list[Value]:
        return distinct(model for backward in self.backwards for model in models(backward.tokens))

    @cached_property
    def losses(self) -> set[LossToken]:
        return {loss for backward in self.backwards for loss in losses(backward.tokens)}

    @cached_property
    def evaluations(self) -> list[Evaluation]:
        """Evaluations inside the epoch loop."""
        return evaluations(self.among(*MEASURING), self.sources)

    @cached_property
    def carries_state(self) -> bool:
        """Whether a network is given what it gave for an earlier batch: the order of the batches then matters."""
        return any(
            any(model is event.model for model in models(event.tokens)) for event in self.of(Forward) if event.direct
        )

    @cached_property
    def may_evaluate(self) -> bool:
        """Whether held-out data is evaluated in the epoch loop, by the program, by what it offers, or by unknown code."""
        if self.evaluations or self._meets_held_out_data or self._calls_an_evaluation:
            return True
        return any(_may_evaluate(event, self.sources) for event in self.escaped())

    @property
    def _calls_an_evaluation(self) -> bool:
        """Whether a function that is named as an evaluation uses a network on data that is not known to be training data."""
        for event in self.among(Forward, ModeSwitch):
            if isinstance(event, Forward) and event.direct:
                is_passive = event.mode == "eval" or not event.gradients
                seen = any(source in self.sources for source in sources(event.tokens))
            elif isinstance(event, ModeSwitch) and event.mode == "eval":
                is_passive, seen = True, True
            else:
                continue
            for call in event.calls[self.loop.depth :]:
                name = call.function
                if is_passive and (split_told(name) in HELD_OUT or (EVALUATION.search(name) and not seen)):
                    return True
        return False

    @property
    def _meets_held_out_data(self) -> bool:
        passes = (event for event in self.of(Forward) if event.direct)
        return any(source.split in HELD_OUT for event in passes for source in sources(event.tokens))

    @cached_property
    def may_validate(self) -> bool:
        """Whether data that may be validation data is evaluated in the epoch loop."""
        if any(evaluation.split == "validation" or evaluation.is_of_unknown_data for evaluation in self.evaluations):
            return True
        return any(source.split == "validation" for event in self.escaped() for source in handed_over(event))

    @cached_property
    def exemptions(self) -> frozenset[str]:
        """The grounds (`trainlint.trace.purpose`) on which it is excused from practices that it lacks."""
        return exemptions(self)

    @property
    def place(self) -> Place:
        return self.loop.place

    def escaped(self) -> Sequence[Escaped]:
        return self.of(Escaped)


def handed_over(event: Escaped) -> list[Source]:
    """The data that reached unknown code."""
    return [source for value in event.values for source in sources_of(value)]


def _may_evaluate(event: Escaped, training: set[Source]) -> bool:
    """Whether unknown code is handed data that is not trained on, or is called as if it evaluated."""
    data = handed_over(event)
    if any(source not in training and source.split != "train" for source in data):
        return True
    return bool(EVALUATING.search(event.callee)) and not any(source.split == "train" for source in data)


def _measured(event: Event) -> Tokens:
    """What an event measures: a loss, a metric, or the loss that a network gives by itself."""
    if isinstance(event, LossComputed | Measured):
        return event.tokens
    if isinstance(event, Forward) and event.direct and losses(event.result):
        return event.result
    return frozenset()


def evaluations(events: Iterable[Event], training: set[Source]) -> list[Evaluation]:
    """Measurements on data that is not trained on, one for each source and place."""
    found: dict[tuple[int, Place], Evaluation] = {}
    last: Forward | None = None
    for event in events:
        if isinstance(event, Forward) and event.direct:
            last = event
        tokens = _measured(event)
        if not tokens:
            continue
        data = sources(tokens)
        # A criterion over held-out data measures also where the network is written out by hand.
        by_hand = isinstance(event, LossComputed) and any(source.split in HELD_OUT for source in data)
        if not models(tokens) and not by_hand:
            continue
        held = [source for source in data if source.split in HELD_OUT]
        fresh = held or [source for source in data if source not in training and source.split != "train"]
        if any(source in training for source in data) and not held:
            continue
        if held and all(source in training for source in held):
            continue
        source = min(fresh, key=lambda source: (source.split != "validation", source.label)) if fresh else None
        if source is None and (
            data or event.offered or last is None or (last.mode != "eval" and last.gradients is not False)
        ):
            continue
        key = (id(source), event.place)
        if key not in found:
            found[key] = Evaluation(event, source, last)
        found[key].events.append(event)
    return list(found.values())


@dataclass(eq=False)
class Run(Happenings):
    """One training program. ``kind`` is ``script`` or ``function`` (one that no script reaches); ``complete`` tells that the
    walk came to its end."""

    path: str
    kind: str
    start: Place | None
    events: list[Event]
    complete: bool
    anatomy: Anatomy = field(default_factory=Anatomy)
    survey: Survey = field(default_factory=Survey)

    @cached_property
    def trainings(self) -> list[Training]:
        """The trainings of this run, in order. A helper with a batch loop alone has none."""
        loops: dict[Place, Loop] = {}
        events: dict[Place, list[Event]] = {}
        for loop in self._epoch_loops():
            loops.setdefault(loop.place, loop)
        known: dict[Loop, list[Event] | None] = {}
        for event in self.events if loops else ():
            for frame in event.frames:
                loop = frame.loop
                if loop not in known:
                    known[loop] = events.setdefault(loop.place, []) if loop.place in loops else None
                held = known[loop]
                if held is not None:
                    held.append(event)
                    break
        found = [Training(self, loop, events.get(place, [])) for place, loop in loops.items()]
        return [training for training in found if self.kind == "script" or is_epoch_loop(training)]

    @cached_property
    def partial_trainings(self) -> list[Training]:
        """Trainings, and batch loops of helpers: for rules about what is wrong within a loop."""
        if self.trainings:
            return self.trainings
        loops: dict[Place, Loop] = {loop.place: loop for loop in self._epoch_loops()}
        return [
            Training(self, loop, [event for event in self.events if any(f.loop.place == place for f in event.frames)])
            for place, loop in loops.items()
        ]

    def _epoch_loops(self) -> Iterator[Loop]:
        rebuilt = self._rebuilding()
        held = {frame.loop for event in self.of(Backward) for frame in event.frames}
        for step in self.of(OptimizerStep):
            combined = step.via == "combined"
            for frame in step.frames:
                loop = frame.loop
                if loop.unrolled or loop.kind is LoopKind.COMPREHENSION or loop in rebuilt:
                    continue
                if loop in held or combined:
                    yield loop
                    break

    def _rebuilding(self) -> set[Loop]:
        """Loops that make the optimizer anew: they hold trainings (folds, trials), they are none."""
        steps = self.of(OptimizerStep)
        stepping = {id(plain(step.optimizer)) for step in steps if step.optimizer is not None}
        rebuilt: set[Loop] = set()
        for made in self.of(Made):
            if made.role == "optimizer" and id(made.thing) in stepping:
                for depth, frame in enumerate(made.frames):
                    # Once under a condition in the loop (the first epoch) is no new run.
                    if not any(guard.loops > depth for guard in made.guards):
                        rebuilt.add(frame.loop)
        if not rebuilt:
            return rebuilt
        models_made = {
            frame.loop
            for made in self.of(Made)
            if made.role in ("module", "model", "container")
            for frame in made.frames
        }
        return {loop for loop in rebuilt if loop in models_made or self._counts_within(loop)}

    def _counts_within(self, outer: Loop) -> bool:
        """Whether updates happen in a loop over numbers inside this one: it repeats the training, and its epochs are there."""
        for step in self.of(OptimizerStep):
            loops = [loop for loop in step.loops if not loop.unrolled and loop.kind is not LoopKind.COMPREHENSION]
            inner = loops[loops.index(outer) + 1 :] if outer in loops else []
            if inner and inner[0].over_value is not None and not sources(inner[0].over):
                return True
        return False

    @cached_property
    def held_out_data(self) -> list[Library | Instance]:
        """The loaders and data sets that are evaluated, or made, as validation or test data."""
        found = makers(
            evaluation.source
            for evaluation in evaluations(self.among(*MEASURING), set())
            if evaluation.source is not None
        )
        for made in self.of(Made):
            thing = made.thing
            if made.role in ("loader", "dataset") and isinstance(thing, Library | Instance) and not made.offered:
                if thing.source is not None and thing.source.split in HELD_OUT:
                    found.append(thing)
        return distinct(thing for thing in found if thing.source and thing.source.split in HELD_OUT)

    def writes_parts(self, split: SplitDrawn) -> bool:
        """Whether the parts of a split are written to disk, so that later runs read them."""
        written = [event.tokens for event in self.of(Saved)]
        written += [
            tokens_of(value) for event in self.of(Escaped) if WRITING.search(event.callee) for value in event.values
        ]
        return any(
            (isinstance(token, PermutedToken) and token.place == split.place)
            or (isinstance(token, Source) and token.part == "random_split" and token.place == split.place)
            for tokens in written
            for token in tokens
        )

    def seed_before(self, split: SplitDrawn) -> Seeded | None:
        """The last global seed that a split is drawn by."""
        wanted = ("all", split.draws)
        before = [event for event in self.of(Seeded) if event.order < split.order and event.what in wanted]
        return before[-1] if before else None

    @cached_property
    def decisions(self) -> list[Decision]:
        """What is decided by measured numbers, on the program's default path."""
        return decisions(self.among(*DECIDING))

    @cached_property
    def possible_decisions(self) -> list[Decision]:
        """What is decided by measured numbers on any path, also where a person changes an option's default."""
        return decisions(self.among(*DECIDING), offered=True)

    @cached_property
    def iterations(self) -> Sequence[Iterated]:
        return self.of(Iterated)

    def kept_graphs(self) -> Iterator[tuple[Accumulated, Place]]:
        """What a batch loop adds up or stores with its graph and nothing back-propagates, and where that stands."""
        used = {
            token.place for event in self.of(Backward) for token in event.tokens if isinstance(token, AccumulatedToken)
        }
        going_back = {frame.loop for event in self.of(Backward) for frame in event.frames}
        for event in self.of(Accumulated):
            value, loop = event.value, shared_loop(event)
            if not event.carried or event.offered or event.place in used or loop is None:
                continue
            if (
                not isinstance(value, Data)
                or value.graph is not Graph.ATTACHED
                or not (losses(value.tokens) or models(value.tokens))
            ):
                continue
            in_forward = any(call.function == "forward" for call in event.calls[loop.depth :])
            if not in_forward and (sources(loop.over) or loop in going_back):
                yield event, place_in(event, loop)

    @cached_property
    def gradients(self) -> GradientFlow:
        """What happens to gradients, in order."""
        return GradientFlow(self)


def is_epoch_loop(training: Training) -> bool:
    """Whether the loop counts epochs or iterations, rather than going once over batches it was handed."""
    if training.loop.kind is LoopKind.FRAMEWORK:
        return True
    if training.batch_loop is not training.loop:
        return True
    # A single loop over data is a helper's; one that counts, or runs until something is reached, is a run.
    counted = training.loop.over_value
    counts = isinstance(counted, Stream) and isinstance(counted.element, Data) and counted.element.origin == "index"
    return counts or training.loop.kind is LoopKind.WHILE
