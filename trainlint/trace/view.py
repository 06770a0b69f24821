"""What the events of a run add up to: its trainings, evaluations and what they are about. Rules ask here."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property

from trainlint.findings import Place
from trainlint.knowledge.conventions import split_of_name
from trainlint.trace.anatomy import Anatomy, plain
from trainlint.trace.datasets import makers
from trainlint.trace.decisions import DECIDING, Decision, decisions
from trainlint.trace.evaluations import MEASURING, Evaluation, evaluations
from trainlint.trace.events import (
    Backward,
    Escaped,
    Event,
    Forward,
    Iterated,
    Loop,
    LoopKind,
    Made,
    ModeSwitch,
    OptimizerStep,
)
from trainlint.trace.kinds import Happenings
from trainlint.trace.merge import distinct, sources_of
from trainlint.trace.purpose import exemptions
from trainlint.trace.rounds import rounds_of_copies
from trainlint.trace.sequence import GradientFlow
from trainlint.trace.survey import Survey
from trainlint.trace.tokens import HELD_OUT, LossToken, Source, losses, models, sources
from trainlint.trace.values import Data, Instance, Library, Stream, Value

# Functions that evaluate; calls of unknown code that may do so: the model and its data may be known there.
EVALUATION = re.compile(r"eval|valid|score|(?:^|_)test(?:_|$)", re.I)
EVALUATING = re.compile(r"eval|valid|(?:^|[._])test|score|callback|hook|on_(?:epoch|step|batch)_", re.I)


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
                if is_passive and (split_of_name(name) in HELD_OUT or (EVALUATION.search(name) and not seen)):
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
        repeated = {loop for loop in rebuilt if loop in models_made or self._counts_within(loop)}
        return repeated - rounds_of_copies(self)

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
