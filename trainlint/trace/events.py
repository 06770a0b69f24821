"""What happens while a program trains: the vocabulary of the trace.

The static interpreter writes these events from the source; the runtime companion can record the same ones from a real
run. Rules read nothing else. An event knows where it stands, in which rounds of which loops, and under which conditions.
"""

from __future__ import annotations

import enum
from typing import Any

import msgspec

from trainlint.findings import Place
from trainlint.trace.tokens import BatchMetricToken, FitToken, Source, Tokens
from trainlint.trace.values import Data, Library, Value


class LoopKind(enum.Enum):
    """How a loop comes about: written out, or inside a framework's ``fit``."""

    FOR = "for"
    WHILE = "while"
    FRAMEWORK = "framework"
    COMPREHENSION = "comprehension"


class Loop(msgspec.Struct, eq=False):
    """One loop of the program, as met on one way of calls. ``rounds`` is its constant number of rounds, if known.

    ``unrolled`` loops run over a short literal (``for phase in ["train", "val"]``): each round is walked once, with its
    own value. Others are walked twice, so that what one round leaves behind meets the next. ``depth`` is the number of
    calls that lead to it, ``conditions`` that of the guards in force around it. In programs that read checkpoints,
    ``begin`` is what a range begins with, in the author's words, ``skips`` the comparisons by which rounds are skipped;
    ``fixed`` tells that it begins at a constant that has a name; ``modules`` that it goes over networks or losses.
    """

    kind: LoopKind
    place: Place
    label: str
    over: Tokens = frozenset()
    rounds: int | None = None
    unrolled: bool = False
    over_value: Value | None = None
    depth: int = 0
    conditions: int = 0
    begin: str = ""
    skips: str = ""
    fixed: bool = False
    modules: bool = False


class Frame(msgspec.Struct, frozen=True):
    """One walked round of a loop, counted from 0."""

    loop: Loop
    round: int


class Guard(msgspec.Struct, frozen=True):
    """A condition in force. ``visit`` tells two evaluations of the same condition apart; ``side`` is which way it went.

    ``tokens`` is what the condition was computed from; ``offered`` tells that an option's default goes the other way;
    ``kind`` is ``if``, ``try`` (a handler), ``case`` or ``while``; ``calls`` and ``loops`` are how many of an event's it stands in.
    """

    place: Place
    text: str
    side: bool
    visit: int
    tokens: Tokens = frozenset()
    offered: bool = False
    kind: str = "if"
    test: Any = None
    calls: int = 0
    loops: int = 0

    def excludes(self, other: Guard) -> bool:
        """Whether both cannot hold on one path."""
        return self.visit == other.visit and self.side != other.side


class Circumstances(msgspec.Struct, eq=False, kw_only=True):
    """When and where something happens: set as it is added to a trace."""

    order: int = 0
    frames: tuple[Frame, ...] = ()
    guards: tuple[Guard, ...] = ()
    calls: tuple[Call, ...] = ()


class Event(Circumstances, eq=False):
    """Something that happens. ``order`` counts the events of a run; ``calls`` are the calls that led here, outermost first."""

    place: Place

    @property
    def offered(self) -> bool:
        """Whether it happens only if a person changes an option's default."""
        for guard in self.guards:  # noqa: SIM110 - this is asked of every event; a generator takes twice as long
            if guard.offered:
                return True
        return False

    @property
    def loops(self) -> tuple[Loop, ...]:
        return tuple(frame.loop for frame in self.frames)

    def inside(self, loop: Loop) -> bool:
        return any(frame.loop is loop for frame in self.frames)

    def round_of(self, loop: Loop) -> int | None:
        return next((frame.round for frame in self.frames if frame.loop is loop), None)

    def compatible(self, other: Event) -> bool:
        """Whether one path of the program can hold both events."""
        return not any(mine.excludes(theirs) for mine in self.guards for theirs in other.guards)


class Call(msgspec.Struct, frozen=True):
    """A followed call: where it stands, and the name of what it calls."""

    place: Place
    function: str
    definition: Place


class Made(Event, eq=False):
    """A library object or module instance is constructed, or a network copied (``role`` is then copy)."""

    thing: Value
    role: str


class Forward(Event, eq=False):
    """A network is applied. ``mode`` is train, eval or unknown; ``gradients`` whether autograd records (None: unknown).

    ``inputs`` are the values that it is given, as far as the program shows them.
    """

    model: Value
    tokens: Tokens
    mode: str
    gradients: bool | None
    result: Tokens
    direct: bool = False
    inputs: tuple[Value, ...] = ()


class LossComputed(Event, eq=False):
    """A criterion is applied to predictions."""

    kind: str
    prediction: Data | None
    target: Value | None
    tokens: Tokens
    reduction: str | None
    criterion: Value | None


class Measured(Event, eq=False):
    """Predictions meet targets outside a criterion: a comparison, or a call that takes both."""

    tokens: Tokens
    what: str


class Backward(Event, eq=False):
    """Gradients are computed. ``via`` is tensor, scaler, accelerator, framework, grad or combined.

    ``manual`` is the Lightning module in whose ``training_step`` it stands, where that module optimises by hand.
    """

    value: Value | None
    tokens: Tokens
    via: str
    gradients: bool | None
    retain: bool = False
    manual: Value | None = None


class OptimizerStep(Event, eq=False):
    """Parameters are updated. ``optimizer`` is None where a framework or a hand-written update does it."""

    optimizer: Value | None
    via: str
    scaler: Value | None = None


class ZeroGrad(Event, eq=False):
    """Gradients are set to zero, of an optimizer's or a network's parameters (None: of something unknown)."""

    target: Value | None
    via: str


class ParametersGiven(Event, eq=False):
    """An optimizer gets further parameters after it was made."""

    optimizer: Value
    parameters: Value | None


class GradientRead(Event, eq=False):
    """The program looks at gradients itself (``p.grad``): of a network's parameters, or of something unknown."""

    of: Value | None


class Clip(Event, eq=False):
    """Gradients are clipped by norm or value. ``strict`` tells that a norm which is not finite raises, ``used`` that the norm
    which the clip returns is not thrown away."""

    target: Value | None
    strict: bool = False
    used: bool = True


class Unscale(Event, eq=False):
    scaler: Value
    optimizer: Value | None


class ScalerUpdate(Event, eq=False):
    scaler: Value


class SchedulerStep(Event, eq=False):
    """A schedule moves on. ``metric`` is the value it is given, if any."""

    scheduler: Value
    metric: Value | None


class SamplerEpochSet(Event, eq=False):
    """``sampler.set_epoch(epoch)``, or that of a loader, a data set or something unknown that may hand it on."""

    sampler: Value


class RateWritten(Event, eq=False):
    """The program sets a learning rate itself, of an optimizer that may not be known."""

    value: Value | None
    optimizer: Value | None


class ModeSwitch(Event, eq=False):
    """``train()`` or ``eval()`` of a network. ``mode`` is train, eval or unknown."""

    model: Value
    mode: str


class Frozen(Event, eq=False):
    """``requires_grad`` is set for the parameters of a network: ``frozen`` is None where the program decides by what is not known."""

    of: Value
    frozen: bool | None


class ParametersWritten(Event, eq=False):
    """The program writes values into the parameters of a network, as a moving average of another network's does."""

    of: Value


class Saved(Event, eq=False):
    """Something is written to disk. ``holds`` are the roles of what is in it: model, state, optimizer, scheduler, unknown, data.

    ``file`` are the names that the file's name is made of, where it is known.
    """

    value: Value | None
    holds: frozenset[str]
    how: str
    tokens: Tokens = frozenset()
    file: frozenset[str] = frozenset()


class Initialised(Event, eq=False):
    """Parameters are given their first values.

    ``parameter`` is what they are called in the layer that holds them (None: all of them); ``network`` is that layer, or with
    ``every`` the network that this is done to part by part. ``constant`` tells that all are set to one number, which is ``value``
    where known. ``layers`` are the numbers of the network's linear and of its convolution layers then (None: not known).
    """

    network: Value
    parameter: str | None
    every: bool
    constant: bool
    value: float | None
    layers: tuple[int, int] | None


class Loaded(Event, eq=False):
    """State is restored: ``into`` is the network or optimizer, or None for a bare read."""

    into: Value | None
    value: Value | None
    how: str


class Restored(Event, eq=False):
    """Something of an earlier run other than weights, saved under a key, is bound to a name or attribute (``target``)."""

    target: str
    key: str


class LoadFailureCaught(Event, eq=False):
    """A handler of any exception goes on after a block that loads from a file: its events are those from ``first`` up to ``end``."""

    first: int
    end: int


class Reported(Event, eq=False):
    """Values reach a person, a log, a list or the caller. ``how`` is print, log, kept, returned or unknown."""

    tokens: Tokens
    how: str


class Decided(Event, eq=False):
    """Something is chosen by a computed number, other than by an `if` (whose `Guard` tells): an early-stopping call, ``max(best, x)``."""

    tokens: Tokens
    how: str


class Assigned(Event, eq=False):
    """A value is bound to a name or attribute under a condition that was computed: what an `if acc > best` does."""

    target: str
    value: Value


class Stopped(Event, eq=False):
    """A loop is left, or the program ended: ``how`` is break, return, raise or exit."""

    how: str


class Accumulated(Event, eq=False):
    """A value is added to, or stored beside, others. ``carried`` tells that those of an earlier round are among them."""

    value: Value
    into: str
    how: str
    carried: bool = False


class Averaged(Event, eq=False):
    """A total that a loop added up is divided by what is counted. ``total`` is ``means`` (of batches) or ``sums`` (over samples),
    ``count`` is ``samples`` or ``batches``; ``part`` tells that the samples are all of a set of which a part was summed."""

    total: str
    count: str
    words: tuple[str, str]
    added: Place
    part: bool = False


class MetricAveraged(Event, eq=False):
    """A mean is taken of values among which are metrics of single batches that must be computed over all samples at once."""

    metrics: tuple[BatchMetricToken, ...]


class Escaped(Event, eq=False):
    """Objects reach code that the trace cannot follow: anything may have happened to them there."""

    callee: str
    values: tuple[Value, ...]
    keywords: tuple[str, ...] = ()


class Seeded(Event, eq=False):
    """A global seed is set, of torch, numpy, python or all. ``by_rank`` tells that each process of a run has its own."""

    what: str
    by_rank: bool = False


class SplitDrawn(Event, eq=False):
    """Data is parted. ``seeded`` is whether the draw has a fixed seed of its own (None: unknown), else the global generator of
    ``draws`` (torch, numpy, python) decides; ``order_fixed`` is False where the parted order is not."""

    parent: Value | None
    parts: tuple[Value, ...]
    how: str
    seeded: bool | None
    order_fixed: bool
    order_place: Place | None = None
    draws: str = "torch"


class Fitted(Event, eq=False):
    """Something learns from data before the training: a scaler's ``fit``.

    ``what`` is scaler, encoder, imputer, reducer, selector, vectorizer, resampler, pipeline, or statistics for a
    normalisation that is written out; ``value`` is the data.
    """

    value: Value
    what: str
    name: str
    learner: Value | None = None


class Transformed(Event, eq=False):
    """Data goes through what was fitted before."""

    value: Value
    learner: Value


class FittedDataParted(Event, eq=False):
    """Data that something was fitted on is split. ``fits`` tell where and by what, ``parts`` are the parts where known.

    ``how`` is split, or slice for two slices of which one begins where the other ends.
    """

    fits: tuple[FitToken, ...]
    parts: tuple[Value, ...] = ()
    how: str = "split"


class GradientChecked(Event, eq=False):
    """``gradcheck`` or a relative. ``function`` and ``inputs`` as given.

    ``mode`` is that of the networks that the function applies (train where one of them is), ``dropout`` whether dropout is
    on in it, ``double`` whether inputs and networks are in double precision; None where unknown. ``step`` is the
    constant ``eps`` that it is given or has by default (None: not known). ``samples`` is the largest number of samples among
    the inputs (None: not known), ``penalised`` tells that the function adds a penalty of the parameters to the loss.
    """

    function: Value | None
    inputs: Value | None
    mode: str | None
    dropout: bool | None
    double: bool | None
    step: float | None = None
    samples: int | None = None
    penalised: bool = False


class Watched(Event, eq=False):
    """Something keeps an eye on the training, or checks the network before it. ``what`` are the aspects of
    `trainlint.knowledge.watching`; ``of`` is what it is given first, if anything."""

    what: frozenset[str]
    of: Value | None


class NumericGradient(Event, eq=False):
    """A difference of two losses of one network is divided by a small number, which is the step or twice the step.

    ``dropout`` tells that the network drops, ``double`` whether its parameters are in double precision (None: unknown).
    ``shifts`` are the small constants that were added or subtracted in the run before: the divisor among them is a
    one-sided difference's step, half of the divisor a central one's.
    """

    value: Data
    divisor: float
    dropout: bool
    double: bool | None
    shifts: frozenset[float] = frozenset()


class GradientsCompared(Event, eq=False):
    """A numeric gradient is compared with another one. ``relative`` tells that the difference is seen in proportion to something:
    the event of the comparison itself comes first, at the same place."""

    relative: bool


class Operated(Event, eq=False):
    """A tensor operation that rules ask about (softmax, dropout, argmax, ...) is applied, by a ``function`` or a ``layer``.

    ``arguments`` are those of the function's call, or those that the layer was made with.
    """

    operation: str
    value: Value | None
    in_forward: bool
    arguments: dict[str, Value]
    result: Value | None = None
    function: str = ""
    layer: Library | None = None


class AttentionMasked(Event, eq=False):
    """Attention is given a mask, by ``parameter`` of ``function``, that is added to its scores where it holds floats."""

    function: str
    parameter: str
    mask: Value


class AttributeSet(Event, eq=False):
    """An attribute of an object is bound; ``own`` tells that a method of the object does it (``self.x = ...``)."""

    owner: Value
    attribute: str
    value: Value
    own: bool = False


class OptionDeclared(Event, eq=False):
    """A command-line option, and the type that its text is converted by."""

    option: str
    converter: Value | None


class Discarded(Event, eq=False):
    """The result of a call is thrown away."""

    value: Value
    method: str
    receiver: Value


class ForwardNamed(Event, eq=False):
    """``module.forward(x)`` is written out. ``function`` is where the enclosing function is defined, if in one.

    ``module`` tells that the receiver is known to be a network, and another one than the caller's own ``self``.
    """

    receiver: Value
    text: str
    function: Place | None
    module: bool


class Iterated(Event, eq=False):
    """A loop over data begins."""

    loop: Loop
    sources: tuple[Source, ...]


class BatchTaken(Event, eq=False):
    """One batch is asked for by itself: ``next(iter(loader))``."""

    sources: tuple[Source, ...]


class Interacted(Event, eq=False):
    """An environment is acted on or observed: ``env.step(action)``."""

    method: str


class Prepared(Event, eq=False):
    """A framework puts networks, optimizers or loaders into its own dress, and from then on wants to run their passes itself."""

    framework: Library
    things: tuple[Value, ...]


class Gathered(Event, eq=False):
    """The parts of a value are gathered from all processes of a run, those that fill up the last batch included."""

    framework: Library
    value: Value


class Designated(Event, eq=False):
    """Data is told what it is for, by the framework method that takes it or by a second name. ``purpose`` is validation or test."""

    purpose: str
    value: Value


class Trimmed(Event, eq=False):
    """What was gathered is cut to a length: the part that a last batch was filled up with may go."""

    tokens: Tokens


class Numbered(Event, eq=False):
    """Names get numbers in an order that is not fixed. ``into`` holds the numbers, ``element`` is what a name is called.

    ``unordered`` is where the order arises, ``by`` whether a set or a listing makes it; ``text`` tells that the names are known
    to be texts.
    """

    into: Value
    element: str | None
    unordered: Place
    by: str
    text: bool


class FrameworkFit(Event, eq=False):
    """A framework is told to train, evaluate, test or tune (``how``)."""

    framework: Value
    how: str
    model: Value | None
