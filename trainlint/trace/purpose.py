"""What a training is for, as far as it excuses practices that are missing: a benchmark needs no validation.

Names tell it (of files, functions, classes), and so does what is trained on what (`trainlint.trace.purpose_seen`).
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from typing import TYPE_CHECKING

from trainlint.knowledge.conventions import words
from trainlint.trace.events import Interacted, LossComputed, Made
from trainlint.trace.purpose_seen import (
    is_adversarial,
    is_cut_short,
    leaves_nothing,
    optimises_an_input,
    optimizers,
    predicts_noise,
)
from trainlint.trace.values import Instance, Library, Value, Wrapped

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

_BY_NAME: dict[str, frozenset[str]] = {
    BENCHMARK: frozenset(
        "bench benchmark benchmarks benchmarking profile profiler profiling speedtest throughput".split()
    ),
    OVERFIT_CHECK: frozenset("overfit overfitting".split()),
    REINFORCEMENT: frozenset(
        "dqn ddqn ppo reinforce ddpg sac td3 trpo qlearning qnet qnetwork rollout rollouts gym gymnasium"
        " rl rlhf grpo reinforcement".split()
    ),
    ADVERSARIAL: frozenset("gan gans dcgan wgan cyclegan stylegan discriminator critic".split()),
    SELF_SUPERVISED: frozenset(
        "simclr infomax skipgram unsup unsupervised moco byol simsiam dino ibot vicreg swav infonce"
        " ntxent contrastive supcon selfsupervised ssl barlow mae simmim beit pirl jepa".split()
    ),
    INPUT_OPTIMISATION: frozenset("pastiche".split()),
    GENERATIVE: frozenset("diffusion ddpm ddim dreambooth controlnet denoiser edm".split()),
}
_SIDES = (frozenset("gen generator".split()), frozenset("disc discriminator critic".split()))
# What a file is for is in its name; what stands in the names of functions and classes may be a passing matter.
_IN_FILES_ONLY = frozenset({BENCHMARK})
_BENCHMARK_FOLDERS = frozenset({"benchmark", "benchmarks", "profiling"})
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
        ("sup", "con"),
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
    if is_cut_short(training):
        found.add(BENCHMARK)
    if leaves_nothing(training):
        found.add(NOTHING_LASTING)
    if training.run.of(Interacted):
        found.add(REINFORCEMENT)
    if is_adversarial(training):
        found.add(ADVERSARIAL)
    if optimises_an_input(training):
        found.add(INPUT_OPTIMISATION)
    if predicts_noise(training):
        found.add(GENERATIVE)
    return frozenset(found)


class _Said:
    """The words that names are made of, and the pairs of words that follow each other in one."""

    def __init__(self, names: list[list[str]]) -> None:
        self.words = {word for name in names for word in name}
        self.pairs = {pair for name in names for pair in itertools.pairwise(name)}


def _by_names(training: Training) -> Iterator[str]:
    files = [words(part) for part in training.run.path.removesuffix(".py").removesuffix(".ipynb").split("/")[-2:]]
    others = [words(name) for name in _names(training)]
    of_file, of_all = _Said(files), _Said([*files, *others])
    for ground, telling in _BY_NAME.items():
        said = of_file if ground in _IN_FILES_ONLY else of_all
        if ground != ADVERSARIAL and not (
            said.words.isdisjoint(telling) and of_all.pairs.isdisjoint(_PAIRS.get(ground, ()))
        ):
            yield ground
    # Adversaries take two: a name alone is not enough.
    made = {event.place for event in training.run.of(Made) if event.role == "optimizer"}
    two = max(len(optimizers(training)), len(made)) > 1 or (not made and _names_both(of_all.words))
    if two and not of_all.words.isdisjoint(_BY_NAME[ADVERSARIAL]):
        yield ADVERSARIAL


def _names_both(said: set[str]) -> bool:
    """Whether a program speaks of both adversaries; its optimizers may be made out of sight."""
    return not any(said.isdisjoint(side) for side in _SIDES)


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


def is_test(path: str) -> bool:
    """Whether a file's path says that it holds tests."""
    *folders, name = path.split("/")
    # `train_test.py` trains and tests.
    named = name.startswith("test_") or (name.endswith("_test.py") and "train" not in name)
    return named or name == "conftest.py" or not {"test", "tests"}.isdisjoint(folders)
