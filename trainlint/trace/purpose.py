"""What a training is for, as far as it excuses practices that are missing: a benchmark needs no validation.

Names tell it (of files, functions, classes), and so does what is trained on what: a loss against drawn noise is a
diffusion model's, an optimizer over an image optimises an input.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from trainlint.trace.anatomy import bare, joined
from trainlint.trace.events import Forward, Interacted, Loop, LoopKind, LossComputed, Made, OptimizerStep, Saved
from trainlint.trace.merge import distinct, options_of, tokens_of
from trainlint.trace.tokens import DrawnToken, ModelToken, Source, SpacedToken, Tokens, holds
from trainlint.trace.values import Data, Instance, Library, ListValue, TupleValue, Value, Wrapped

if TYPE_CHECKING:
    from trainlint.trace.view import Training

TEST_CODE = "test_code"
BENCHMARK = "benchmark"
OVERFIT_CHECK = "overfit_check"
NOTHING_LASTING = "nothing_lasting"
REINFORCEMENT = "reinforcement"
ADVERSARIAL = "adversarial"
INPUT_OPTIMISATION = "input_optimisation"
SELF_SUPERVISED = "self_supervised"
GENERATIVE = "generative"

# What excuses any practice that is missing.
PASSING = frozenset({TEST_CODE, BENCHMARK, OVERFIT_CHECK, NOTHING_LASTING})
# What practices of learning from data to predict don't apply to, besides.
UNUSUAL = PASSING | {REINFORCEMENT, ADVERSARIAL, INPUT_OPTIMISATION}

# What data sets of random numbers are called.
_MADE_UP = frozenset({"random", "dummy", "fake", "synthetic", "toy"})
# Steps on random tensors up to which a loop shows how something is called rather than trains.
FEW_STEPS = 100

_WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+")
_BY_NAME: dict[str, frozenset[str]] = {
    BENCHMARK: frozenset(
        [
            "bench",
            "benchmark",
            "benchmarks",
            "benchmarking",
            "profile",
            "profiler",
            "profiling",
            "speedtest",
            "throughput",
        ]
    ),
    OVERFIT_CHECK: frozenset({"overfit", "overfitting"}),
    REINFORCEMENT: frozenset(
        [
            "dqn",
            "ddqn",
            "ppo",
            "reinforce",
            "ddpg",
            "sac",
            "td3",
            "trpo",
            "qlearning",
            "qnet",
            "qnetwork",
            "rollout",
            "rollouts",
            "gym",
            "gymnasium",
            "rl",
            "rlhf",
            "grpo",
            "reinforcement",
        ]
    ),
    ADVERSARIAL: frozenset(["gan", "gans", "dcgan", "wgan", "cyclegan", "stylegan", "discriminator", "critic"]),
    SELF_SUPERVISED: frozenset(
        [
            "simclr",
            "infomax",
            "skipgram",
            "unsup",
            "unsupervised",
            "moco",
            "byol",
            "simsiam",
            "dino",
            "ibot",
            "vicreg",
            "swav",
            "infonce",
            "ntxent",
            "contrastive",
            "selfsupervised",
            "ssl",
            "barlow",
            "mae",
            "simmim",
            "beit",
            "pirl",
            "jepa",
        ]
    ),
    INPUT_OPTIMISATION: frozenset({"pastiche"}),
    GENERATIVE: frozenset(["diffusion", "ddpm", "ddim", "dreambooth", "controlnet", "denoiser", "edm"]),
}
# What a file is for is in its name; what stands in the names of functions and classes may be a passing matter.
_IN_FILES_ONLY = frozenset({BENCHMARK})
_BENCHMARK_FOLDERS = frozenset({"benchmark", "benchmarks", "profiling"})
# Adversaries take two: a name alone is not enough.
_PAIRS: dict[str, tuple[tuple[str, str], ...]] = {
    # A learning rate range test: what it trains is thrown away.
    BENCHMARK: (("lr", "finder"), ("lr", "find"), ("find", "lr"), ("range", "test")),
    REINFORCEMENT: (("actor", "critic"), ("policy", "gradient"), ("q", "learning"), ("deep", "q")),
    SELF_SUPERVISED: (
        ("self", "supervised"),
        ("nt", "xent"),
        ("masked", "autoencoder"),
        ("info", "nce"),
        ("sim", "clr"),
        ("masked", "image"),
        ("masked", "lm"),
        ("self", "distillation"),
        ("node", "vec"),
        ("metapath", "vec"),
        ("word", "vec"),
        ("skip", "gram"),
    ),
    GENERATIVE: (
        ("score", "matching"),
        ("flow", "matching"),
        ("rectified", "flow"),
        ("noise", "scheduler"),
        ("score", "sde"),
    ),
}


def exemptions(training: Training) -> frozenset[str]:
    """The grounds on which a training is excused from practices that it lacks."""
    found = set(_by_names(training))
    if is_test(training.run.path):
        found.add(TEST_CODE)
    if _BENCHMARK_FOLDERS.intersection(training.run.path.split("/")[:-1]):
        found.add(BENCHMARK)
    if (
        _draws_its_data(training)
        or (training.sources and all(map(_is_made_up, training.sources)))
        or (_fits_a_curve(training) and not any(map(_keeps_model, training.run.of(Saved))))
    ):
        found.add(NOTHING_LASTING)
    if training.run.of(Interacted):
        found.add(REINFORCEMENT)
    if _is_adversarial(training):
        found.add(ADVERSARIAL)
    if _optimises_an_input(training):
        found.add(INPUT_OPTIMISATION)
    if _predicts_noise(training):
        found.add(GENERATIVE)
    return frozenset(found)


# By names


class _Said:
    """The words that names are made of, and the pairs of words that follow each other in one."""

    def __init__(self, names: list[list[str]]) -> None:
        self.words = {word for words in names for word in words}
        self.pairs = {pair for words in names for pair in itertools.pairwise(words)}


def _by_names(training: Training) -> Iterator[str]:
    files = [_words(part) for part in training.run.path.removesuffix(".py").removesuffix(".ipynb").split("/")[-2:]]
    others = [_words(name) for name in _names(training)]
    of_file, of_all = _Said(files), _Said([*files, *others])
    for ground, telling in _BY_NAME.items():
        said = of_file if ground in _IN_FILES_ONLY else of_all
        if ground != ADVERSARIAL and not (
            said.words.isdisjoint(telling) and said.pairs.isdisjoint(_PAIRS.get(ground, ()))
        ):
            yield ground
    made = {event.place for event in training.run.of(Made) if event.role == "optimizer"}
    if not of_all.words.isdisjoint(_BY_NAME[ADVERSARIAL]) and max(len(_optimizers(training)), len(made)) > 1:
        yield ADVERSARIAL


def _names(training: Training) -> set[str]:
    """What the program calls the functions that train, the networks and the criteria."""
    names = {call.function for event in training.events for call in event.calls}
    names |= {name for model in training.models for name in _class_names(model)}
    for event in training.run.among(LossComputed, Made):
        if isinstance(event, LossComputed) and event.criterion is not None and event.inside(training.loop):
            names |= set(_class_names(event.criterion))
        elif isinstance(event, Made) and event.role != "dataset":
            names |= set(_class_names(event.thing))
    return names


def _class_names(value: Value) -> Iterator[str]:
    inner: Value = value
    while isinstance(inner, Wrapped):
        inner = inner.inner
    if isinstance(inner, Instance):
        yield from (cls.name for cls in inner.cls.lineage() if cls.name)
    elif isinstance(inner, Library):
        yield inner.short


def _words(name: str) -> list[str]:
    return [word.lower() for word in _WORD.findall(name)]


def is_test(path: str) -> bool:
    """Whether a file's path says that it holds tests."""
    *folders, name = path.split("/")
    # `train_test.py` trains and tests.
    named = name.startswith("test_") or (name.endswith("_test.py") and "train" not in name)
    return named or name == "conftest.py" or not {"test", "tests"}.isdisjoint(folders)


# By what happens


def _draws_its_data(training: Training) -> bool:
    """Whether all input is random numbers, for few steps or drawn anew at each: nothing is learnt that could last."""
    inputs = [event.tokens for event in training.of(Forward) if event.direct]
    if not inputs or not all(_is_drawn(tokens) for tokens in inputs):
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
    return isinstance(maker, Instance) and bool(_MADE_UP & set(_words(maker.cls.name or "")))


def _is_drawn(tokens: Tokens) -> bool:
    return holds(tokens, DrawnToken) and not holds(tokens, Source)


def _within(token: DrawnToken, loop: Loop) -> bool:
    return any(place == loop.place for place in token.loops)


def _predicts_noise(training: Training) -> bool:
    """A network that is to tell the noise that was added to its input: a diffusion model."""
    return any(
        _is_drawn(tokens_of(loss.target))
        and holds(loss.tokens, Source)
        and not holds(tokens_of(loss.target), ModelToken)
        for loss in training.of(LossComputed)
    )


def _optimizers(training: Training) -> list[Value]:
    return distinct(option for step in training.steps for option in options_of(step.optimizer))


def _is_adversarial(training: Training) -> bool:
    """Two networks with an optimizer each, one judging what the other makes, and losses of their own."""
    if len(_optimizers(training)) < 2:
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


def _optimises_an_input(training: Training) -> bool:
    """An optimizer over tensors that pass through a network which it does not hold."""
    held = [_given(option) for option in _optimizers(training)]
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
    held = [value for optimizer in _optimizers(training) for value in _given(optimizer)]
    return len(held) == 1 and isinstance(held[0], Data) and held[0].promoted is None and _is_own(held[0])


def _optimises_what_a_module_holds(training: Training) -> bool:
    """Whether what is optimised are modules that take no input: the image that they hold is what comes out of them."""
    held = joined(training.run.anatomy.group(optimizer) for optimizer in _optimizers(training))
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
