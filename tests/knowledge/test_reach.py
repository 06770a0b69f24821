"""Which libraries make a program one that may train."""

from __future__ import annotations

import pytest

from trainlint.knowledge.reach import brings_torch

ON_TORCH = "torch torchvision lightning pytorch_lightning transformers accelerate timm fastai ignite deepspeed composer"
OTHERS = "os pathlib random json numpy pandas sklearn argparse hydra wandb flask models"


@pytest.mark.parametrize("top", ON_TORCH.split())
def test_libraries_on_torch(top: str) -> None:
    assert brings_torch(top)


@pytest.mark.parametrize("top", OTHERS.split())
def test_libraries_for_all_kinds_of_programs(top: str) -> None:
    assert not brings_torch(top)
