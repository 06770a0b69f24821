"""What the knowledge tables say of the frameworks, against the frameworks: a session of its own, in which they are installed.

`scripts/test-libraries` makes the environment from the dependency group `libraries` of pyproject.toml and runs it.
"""

from __future__ import annotations

import importlib

import pytest
from signatures import disagreements, find

from trainlint.knowledge import libraries
from trainlint.knowledge.watching import WATCHES

# Both marks: the session's own tests, in which old and new libraries warn of each other.
session = [pytest.mark.libraries, pytest.mark.filterwarnings("ignore")]

# The session has these; the suite's own environment has those of `test_tables`.
LIBRARIES = (
    *("pytorch_lightning", "lightning_fabric", "transformers", "accelerate", "datasets", "evaluate", "peft", "trl"),
    *("safetensors", "huggingface_hub", "diffusers", "sentence_transformers", "torchvision", "torchaudio"),
    *("torchmetrics", "timm", "ignite", "skorch", "composer", "deepspeed", "fastai", "torch_geometric"),
    *("albumentations", "kornia", "monai", "schedulefree", "lion_pytorch", "prodigyopt", "dadaptation"),
    *("torch_optimizer", "torch_ema", "ema_pytorch", "pytorch_warmup", "adabelief_pytorch", "optuna", "imblearn"),
)

# Tables of which the suite or the session does not install the libraries: beside the training, or of many small packages.
BESIDE = {"trackers", "harmless", "tuning", "options", "networks", "numpy", "ogb", "torchtext", "companion"}
# Never installed: these need a GPU or TPU to be built or imported, or are no longer released (the last catalyst, whose metadata
# pip no longer reads, agreed with its table).
UNAVAILABLE = (
    *("apex", "torch_xla", "horovod", "fairscale", "bitsandbytes", "ranger", "pytorch_optimizer", "warmup_scheduler"),
    *("cosine_annealing_warmup", "madgrad", "adamp", "imgaug", "torchio", "audiomentations", "volumentations"),
    "catalyst",
)

# What newer releases no longer have, and programs written for older ones still use.
RETIRED = frozenset(
    {
        "pytorch_lightning.utilities.seed.seed_everything",
        "transformers.AdamW",
        "transformers.WarmupCosineSchedule",
        "transformers.WarmupLinearSchedule",
        "transformers.DataCollatorForWholeWordMask",
        "datasets.load_metric",
        "trl.ORPOConfig",
        "trl.ORPOTrainer",
        "trl.PPOConfig",
        "trl.PPOTrainer",
        "torchaudio.info",
        "torchvision.io.read_video",
        "torchvision.io.write_video",
        "torchvision.transforms.RandomSizedCrop",
        "torchvision.transforms.Scale",
        "albumentations.Cutout",
        "albumentations.Flip",
    }
)
# Parameters of older releases, and what only a made object has.
RETIRED_PARAMETERS = {
    "accelerate.Accelerator": frozenset({"even_batches"}),
    "fastai.Learner": frozenset({"recorder"}),
}

# What the factories give, whose methods the entries tell.
PRODUCTS = {
    "deepspeed.initialize": "deepspeed.PipelineEngine",
    "ignite.engine.create_supervised_trainer": "ignite.engine.Engine",
    "ignite.engine.create_supervised_evaluator": "ignite.engine.Engine",
}

# Samplers of PyTorch Geometric that draw at random without a parameter that says so.
DRAWN = ("GraphSAINTSampler", "GraphSAINTNodeSampler", "GraphSAINTEdgeSampler", "GraphSAINTRandomWalkSampler")
# Loaders of fastai that part the data at random, and whose signature shows no seed.
UNSEEDED = ("ImageDataLoaders.from_name_re", "TabularDataLoaders.from_df", "TabularDataLoaders.from_csv")
EFFECTIVE: dict[str, dict[str, object]] = {
    **{f"torch_geometric.loader.{name}": {"shuffle": True} for name in (*DRAWN, "RandomNodeLoader")},
    **{f"fastai.{name}": {"seed": None} for name in UNSEEDED},
}


def test_no_table_is_forgotten() -> None:
    """Each library is compared with its table in the suite or in the session, or is named as one that is not."""
    suite = {top for top, modules in libraries.TABLES.items() if {"torch_core", "sklearn", "python"} & {*modules}}
    beside = {top for top, modules in libraries.TABLES.items() if BESIDE.issuperset(modules)}
    named = [*(suite | beside).difference(LIBRARIES), *LIBRARIES, *UNAVAILABLE]
    assert sorted(named) == sorted(libraries.TABLES)


@pytest.mark.parametrize("top", [pytest.param(top, marks=session) for top in LIBRARIES])
def test_the_library_has_these_names_parameters_defaults_and_methods(top: str) -> None:
    importlib.import_module(top)
    entries = {name: meaning for name, meaning in libraries.table(top).items() if name.startswith(f"{top}.")}
    assert entries
    assert [
        line
        for name, meaning in entries.items()
        if name not in RETIRED
        for line in disagreements(
            name,
            meaning,
            effective=EFFECTIVE.get(name),
            gone=RETIRED_PARAMETERS.get(name, frozenset()),
            product=PRODUCTS.get(name),
        )
    ] == []


@pytest.mark.parametrize(
    "name",
    [pytest.param(name, marks=session) for name in WATCHES if name.startswith(tuple(f"{top}." for top in LIBRARIES))],
)
def test_the_library_has_what_watches(name: str) -> None:
    assert callable(find(name))


@pytest.mark.parametrize("name", [pytest.param(name, marks=session) for name in sorted(RETIRED)])
def test_what_is_called_retired_is_gone(name: str) -> None:
    with pytest.raises((AttributeError, ImportError)):
        find(name)
