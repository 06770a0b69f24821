"""Every test starts from the same seeds."""

from __future__ import annotations

import random

import numpy
import pytest
import torch


@pytest.fixture(autouse=True)
def seeds() -> None:
    random.seed(0)
    numpy.random.seed(0)
    torch.manual_seed(0)
