"""Which tables hold which library, imported when the first name of the library is looked up."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from importlib import import_module

from trainlint.knowledge.schema import EMPTY, Entry

# Top-level package -> the modules with its tables.
TABLES: dict[str, tuple[str, ...]] = {
    "torch": (
        "torch_core",
        "torch_data",
        "torch_functions",
        "torch_losses",
        "torch_modules",
        "torch_optim",
        "torch_schedulers",
    ),
    "torchvision": ("torchvision",),
    "pytorch_lightning": ("lightning",),
    "lightning_fabric": ("lightning",),
    "accelerate": ("accelerate",),
    "transformers": ("transformers",),
    **dict.fromkeys(
        (
            "datasets",
            "evaluate",
            "safetensors",
            "huggingface_hub",
            "peft",
            "trl",
            "sentence_transformers",
            "diffusers",
        ),
        ("huggingface",),
    ),
    "timm": ("timm",),
    "torch_geometric": ("pyg",),
    "ogb": ("ogb",),
}

STAR_EXPORTS: dict[str, Mapping[str, str]] = {}


@cache
def table(top: str) -> Mapping[str, Entry]:
    """All entries of a top-level package; empty where there is no table for it."""
    modules = TABLES.get(top)
    if modules is None:
        return EMPTY
    entries: dict[str, Entry] = {}
    for module in modules:
        entries.update(import_module("trainlint.knowledge." + module).TABLE)
    return entries


def knows(top: str) -> bool:
    return top in TABLES
