"""What a training is for, as far as it shows by what is trained on what: a loss against drawn noise is a diffusion
model's, an optimizer over an image optimises an input."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from trainlint.knowledge.conventions import words
from trainlint.trace.anatomy import bare, joined
from trainlint.trace.events import Forward, Loop, LoopKind, LossComputed, OptimizerStep, Saved, Stopped
from trainlint.trace.merge import distinct, options_of, tokens_of
from trainlint.trace.purpose_written import is_picked, learns_what_is_written
from trainlint.trace.tokens import DrawnToken, IndexToken, ModelToken, Source, SpacedToken, Tokens, holds
from trainlint.trace.values import Data, Instance, Library, ListValue, TupleValue, Value

if TYPE_CHECKING:
    from trainlint.trace.view import Training

# What data sets of random numbers are called.
_MADE_UP = frozenset({"random", "dummy", "fake", "synthetic", "toy"})
# Steps on random tensors up to which a loop shows how something is called rather than trains.
FEW_STEPS = 100
# A count of rounds: `step == 3`.
_COUNT = re.compile(r"\w+ *(?:==|>=|>) *(\d+)")


def is_cut_short(training: Training) -> bool:
    """Whether the loop over batches is always left after so few that they can only have been timed or looked at."""
    inner = training.batch_loop
    total = 1 if training.loop is inner else training.loop.rounds
    for event in training.of(Stopped):
        if event.how != "break" or event.offered or not event.frames or event.frames[-1].loop is not inner:
            continue
        own = [guard for guard in event.guards if guard.loops == len(event.frames)]
        counted = _COUNT.fullmatch(own[0].text) if len(own) == 1 and own[0].side else None
        if counted is not None and holds(own[0].tokens, IndexToken) and total is not None:
            return total * (int(counted[1]) + 1) <= FEW_STEPS
    return False


def leaves_nothing(training: Training) -> bool:
    """Whether nothing is learnt that could last: data that is drawn or made up, or a curve or examples learnt for show."""
    if _draws_its_data(training) or (training.sources and all(map(_is_made_up, training.sources))):
        return True
    for_show = _fits_a_curve(training) or learns_what_is_written(training)
    return for_show and not any(map(_keeps_model, training.run.of(Saved)))


def _draws_its_data(training: Training) -> bool:
    """Whether all input is random numbers, for few steps or drawn anew at each: nothing is learnt that could last."""
    inputs = [event.tokens for event in training.of(Forward) if event.direct]
    if not inputs:
        # Tensors of random numbers are fitted to random numbers, without any network.
        return not training.models and all(_is_drawn(backward.tokens) for backward in training.backwards)
    if not all(_is_drawn(tokens) for tokens in inputs):
        return False
    if (training.loop.rounds is not None and training.loop.rounds <= FEW_STEPS) or _is_noise_to(training, inputs):
        return True
    return all(_within(token, training.loop) for tokens in inputs for token in tokens if isinstance(token, DrawnToken))


def _is_noise_to(training: Training, inputs: list[Tokens]) -> bool:
    """Whether the targets are drawn apart from the inputs: there is nothing to learn, in however many steps."""
    targets = [tokens_of(loss.target) for loss in training.of(LossComputed)]
    known = {token for tokens in inputs for token in tokens}
    return bool(targets) and all(_is_drawn(tokens) and known.isdisjoint(tokens) for tokens in targets)


def _fits_a_curve(training: Training) -> bool:
    """Whether inputs and targets are both computed from evenly spaced numbers: a demonstration on a curve such as y = x ** 2."""
    if training.sources:
        return all(map(_is_curve, training.sources))
    inputs = [event.tokens for event in training.of(Forward) if event.direct]
    targets = [tokens_of(event.target) for event in training.of(LossComputed)]
    return bool(inputs and targets) and all(map(_is_spaced, [*inputs, *targets]))


def _keeps_model(saved: Saved) -> bool:
    return not saved.holds.isdisjoint({"model", "state", "unknown"})


def _is_curve(source: Source) -> bool:
    """The same in a data set of tensors."""
    maker = _bare_dataset(source)
    if not isinstance(maker, Library) or not maker.trait("tensors"):
        return False
    tensors = maker.arguments.get("*")
    return isinstance(tensors, TupleValue) and all(_is_spaced(tokens_of(tensor)) for tensor in tensors.elements)


def _is_spaced(tokens: Tokens) -> bool:
    named = [token.maker for token in tokens if isinstance(token, Source)]
    return holds(tokens, SpacedToken) and all(isinstance(maker, Data) for maker in named)


def _bare_dataset(source: Source) -> Value | None:
    """The data set that a source is made from, out of its loader."""
    maker = source.maker
    while isinstance(maker, Library) and isinstance(maker.arguments.get("dataset"), Instance | Library):
        maker = maker.arguments["dataset"]
    return maker


def _is_made_up(source: Source) -> bool:
    """Whether a data set says by its name that its samples are random numbers: `RandomTokenDataset`."""
    maker = _bare_dataset(source)
    return isinstance(maker, Instance) and bool(_MADE_UP & set(words(maker.cls.name or "")))


def _is_drawn(tokens: Tokens) -> bool:
    return holds(tokens, DrawnToken) and not holds(tokens, Source) and not is_picked(tokens)


def _within(token: DrawnToken, loop: Loop) -> bool:
    return any(place == loop.place for place in token.loops)


def predicts_noise(training: Training) -> bool:
    """A network that is to tell the noise that was added to its input: a diffusion model."""
    return any(
        _is_drawn(tokens_of(loss.target))
        and holds(loss.tokens, Source)
        and not holds(tokens_of(loss.target), ModelToken)
        for loss in training.of(LossComputed)
    )


def optimizers(training: Training) -> list[Value]:
    return distinct(option for step in training.steps for option in options_of(step.optimizer))


def is_adversarial(training: Training) -> bool:
    """Two networks with an optimizer each, one judging what the other makes, and losses of their own."""
    if len(optimizers(training)) < 2:
        return False
    judged = any(
        event.direct and any(isinstance(token, ModelToken) and token.model is not event.model for token in event.tokens)
        for event in training.of(Forward)
    )
    return judged and len(_objectives(training)) > 1


def _objectives(training: Training) -> set[tuple[int, object]]:
    """For each optimizer the place of the gradients that it steps by."""
    found: set[tuple[int, object]] = set()
    last: object = None
    for event in sorted([*training.backwards, *training.steps], key=lambda event: event.order):
        if isinstance(event, OptimizerStep):
            found.add((id(event.optimizer), last))
        else:
            last = event.place
    places = {place for _, place in found}
    return found if len(places) > 1 else set()


# What an optimised input is called, where the network that it passes through can't be followed.
_INPUT = re.compile(
    r"im(a)?g|input|target|canvas|pastiche|generated|stylized|delta|perturb|latent|texture", re.IGNORECASE
)


def optimises_an_input(training: Training) -> bool:
    """An optimizer over tensors that pass through a network which it does not hold."""
    held = [_given(option) for option in optimizers(training)]
    if _minimises_a_function(training) or _optimises_what_a_module_holds(training):
        return True
    if not training.models and not any(_INPUT.search(value.name or "") for values in held for value in values):
        return False
    return bool(held) and all(
        values and all(isinstance(value, Data) and value.promoted is None and _is_own(value) for value in values)
        for values in held
    )


def _minimises_a_function(training: Training) -> bool:
    """Whether what goes down is no loss of a network's on data, but a function of one tensor: its minimum is looked for."""
    if training.models or training.sources or training.of(LossComputed):
        return False
    held = [value for optimizer in optimizers(training) for value in _given(optimizer)]
    return len(held) == 1 and isinstance(held[0], Data) and held[0].promoted is None and _is_own(held[0])


def _optimises_what_a_module_holds(training: Training) -> bool:
    """Whether what is optimised are modules that take no input: the image that they hold is what comes out of them."""
    held = joined(training.run.anatomy.group(optimizer) for optimizer in optimizers(training))
    passes = [event for event in training.of(Forward) if event.direct and id(bare(event.model)) in held.members]
    own = [
        event for event in passes if isinstance(event.model, Instance) and training.loop.kind is not LoopKind.FRAMEWORK
    ]
    return bool(passes) and len(own) == len(passes) and not any(event.inputs or event.tokens for event in passes)


def _given(optimizer: Value) -> list[Value]:
    params = optimizer.arguments.get("params") if isinstance(optimizer, Library) else None
    if isinstance(params, ListValue) and params.rest is None:
        return list(params.items)
    return list(params.elements) if isinstance(params, TupleValue) else []


def _is_own(value: Data) -> bool:
    """A tensor of which the program tells where it comes from, not a parameter of something unknown."""
    return value.name is not None and not re.search(r"param|weight|group|^[wW]\d*$", value.name)
