"""What people call things: the words in names, paths and keys that tell a split or a role.

Names decide only where nothing better is known: what a value was made from outranks what it is called.
"""

from __future__ import annotations

import re
from functools import cache


def _set(text: str) -> frozenset[str]:
    return frozenset(text.split())


_SPLIT_WORDS: dict[str, str] = {
    **dict.fromkeys(("train", "training", "trn", "pretrain", "pretraining", "trainval", "minitrain"), "train"),
    **dict.fromkeys(("val", "vali", "valid", "validation", "validate", "vld", "dev", "minival"), "validation"),
    **dict.fromkeys(("eval", "evaluation", "holdout", "heldout"), "validation"),
    **dict.fromkeys(("test", "testing", "tst", "testdev"), "test"),
}
# Too short to mean anything alone (`x_tr`, `y_te`, but not `tr`).
_SHORT_WORDS = {"tr": "train", "va": "validation", "te": "test"}

# Words that are written together with a split's word: `trainset`, `valloader`, `xtest`.
_GLUED_AFTER = (
    "sets|set|loaders|loader|dataloader|datasets|dataset|datas|data|ds|dl|dls|dfs|df|x|y|xs|ys|gen|generator|iter|"
    "iterator|split|part|file|files|path|dir|folder|root|csv|images|image|imgs|img|labels|label|targets|idx|inds|"
    "index|indices|ids|sampler|samples|batches|batch|queue|pipe|graphs|graph|texts|list|mask|subset|corpus|feats"
)
_GLUED_BEFORE = "x|y|xs|ys|df|ds|dl|data|dataset|loader|dataloader|is|mini"
_GLUED = re.compile(
    rf"(?:{_GLUED_BEFORE})?(train|training|trn|val|valid|validation|dev|eval|test|testing|tst|holdout)(?:{_GLUED_AFTER})?"
)
_WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+")

# What makes a known word mean something else.
_NOT_A_SPLIT = frozenset({"pre_trained", "self_test", "unit_test", "smoke_test", "t_test", "dev_null"})
_TEST_CODE = frozenset({"tests", "unittests", "pytest"})
# `dev` is a device before these words.
_OF_A_DEVICE = frozenset({"id", "ids", "idx", "type", "num", "count", "name", "list"})
_NEVER_A_SPLIT_AT = {"dev": frozenset({"", "home", "users", "workspace", "mnt"})}

_ROLE_WORDS: dict[str, str] = {
    **dict.fromkeys(("optimizer", "optimiser", "optim", "opt", "optimizers"), "optimizer"),
    **dict.fromkeys(("scheduler", "sched", "lrscheduler", "schedule"), "scheduler"),
    **dict.fromkeys(("criterion", "criterions", "crit"), "criterion"),
    **dict.fromkeys(("model", "net", "network", "module", "backbone", "encoder", "decoder"), "model"),
    **dict.fromkeys(("generator", "discriminator", "critic", "actor", "policy", "student", "teacher"), "model"),
    **dict.fromkeys(("classifier", "detector", "segmenter", "head", "autoencoder", "transformer"), "model"),
    **dict.fromkeys(
        ("unet", "resnet", "vae", "gan", "mlp", "cnn", "rnn", "lstm", "gru", "bert", "gpt", "vit"), "model"
    ),
    **dict.fromkeys(("env", "envs", "environment", "environments"), "environment"),
}
_SCALERS = frozenset({"scaler", "grad_scaler", "gradscaler", "amp_scaler", "loss_scaler", "fp16_scaler", "scaler_amp"})
_CRITERIA = re.compile(r"(?:^|_)(?:loss_?(?:fn|func|function|fct|fun|criterion|module|layer)|criterion)s?(?:_|$)")
# A role's word followed by one of these names something about the thing, not the thing.
_ABOUT = _set(
    "name names path paths dir dirs file files folder cfg config configs conf type types cls class classes arg args"
    " kwargs param params parameter parameters state states dict dicts size sizes dim dims num id ids lr lrs step steps"
    " fn func function factory ckpt ckpts checkpoint checkpoints output outputs out input inputs weight weights spec"
    " version url key keys str string list kind option options opts info stats summary loss losses score scores time"
    " level scale device dtype prefix suffix root registry zoo builder wrapper cards card var vars"
)
# A name that begins with one of these is a function's or a count's.
_VERBS = _set(
    "get make build create load save setup init initialize configure update adjust num n use is has with print run"
    " train validate evaluate define choose select set count no"
)
# Schedules of something else than the learning rate, encoders that are no networks.
_OF_ANOTHER_KIND: dict[str, frozenset[str]] = {
    "scheduler": _set("noise beta betas ddpm ddim diffusion temperature temp kl mask eps epsilon entropy job task"),
    "model": _set("label labels onehot hot ordinal json data byte random file"),
}
_NETS_THAT_ARE_NONE = frozenset({"planet", "internet", "magnet", "cabinet", "subnet", "ethernet", "dotnet", "sonnet"})


def words(name: str) -> list[str]:
    """The words of a name, in lower case: ``testLoader2`` and ``test_loader_2`` are ``test``, ``loader``."""
    return [word.lower() for word in _WORD.findall(name)]


@cache
def split_of_name(name: str | None) -> str | None:
    """The split that a name, key or constant tells: train, validation or test.

    None where no word does, or several contradict each other (``train_test``); train and validation together, as in
    ``trainval``, are training data.
    """
    if not name:
        return None
    parts = words(name)
    if "_".join(parts) in _NOT_A_SPLIT or (parts[:1] == ["dev"] and parts[-1] in _OF_A_DEVICE):
        return None
    found = [_split_of_word(word, alone=len(parts) == 1) for word in parts]
    splits = {split for split in found if split is not None}
    if splits == {"train", "validation"} and found.index("train") < found.index("validation"):
        return "train"
    if "held" in parts and "out" in parts and not splits:
        return "validation"
    if parts[:2] == ["test", "dev"]:
        return "test"
    return splits.pop() if len(splits) == 1 else None


def _split_of_word(word: str, *, alone: bool) -> str | None:
    if word in _SPLIT_WORDS:
        return _SPLIT_WORDS[word]
    if word in _SHORT_WORDS and not alone:
        return _SHORT_WORDS[word]
    glued = _GLUED.fullmatch(word)
    return _SPLIT_WORDS[glued[1]] if glued else None


@cache
def split_of_path(path: str) -> str | None:
    """The split that a path or address tells: its last part that says one decides (``tests/data/train.csv``)."""
    parts = re.split(r"[/\\]+", path)
    for position in range(len(parts) - 1, -1, -1):
        part = parts[position]
        before = parts[position - 1].lower() if position else None
        if part.lower() in _TEST_CODE or before in _NEVER_A_SPLIT_AT.get(part.lower(), ()):
            continue
        split = split_of_name(part)
        if split is not None:
            return split
    return None


@cache
def role_of_name(name: str) -> str | None:
    """What a name usually stands for: optimizer, scheduler, scaler, model, criterion or environment."""
    parts = words(name)
    joined = "_".join(parts)
    if not parts or parts[0] in _VERBS:
        return None
    if joined in _SCALERS:
        return "scaler"
    if _CRITERIA.search(joined):
        return "criterion" if parts[-1] not in _ABOUT - {"fn", "func", "function", "loss"} else None
    for position in range(len(parts) - 1, -1, -1):
        if parts[position] in _ABOUT:
            return None
        role = _role_of_word(parts[position])
        if role is not None:
            others = _OF_ANOTHER_KIND.get(role, frozenset()) if position else frozenset()
            return None if parts[position - 1] in others else role
    return None


def _role_of_word(word: str) -> str | None:
    if word in _ROLE_WORDS:
        return _ROLE_WORDS[word]
    if len(word) > 4 and word.endswith(("net", "model")) and word not in _NETS_THAT_ARE_NONE:
        return "model"
    return "optimizer" if word.startswith(("optimizer", "optimiser")) else None


# Architectures whose layers are normalised over the batch, by how their names begin.
_BATCH_NORMED = re.compile(
    r"^(?:se|gluon_|tf_|legacy_)?(?:resne|wide_res|efficientnet|mobilenet|mnasnet|densenet|regnet|inception|xception|ghostnet"
    r"|hrnet|dla|dpn|rexnet|seresne|skresne|res2ne|nasnet|hardcorenas|fbnet|cspdark|cspres|vgg\d+_bn|shufflenet|googlenet)"
)


def has_batch_norm(architecture: object) -> bool | None:
    """Whether a network of a named architecture (``resnet50d``) has batch norm: True, or None where the name does not tell."""
    return True if isinstance(architecture, str) and _BATCH_NORMED.match(architecture.lower()) else None
