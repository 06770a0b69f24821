"""A test loads what it has saved a line before, with all that is in it."""

import torch
from torch import nn


class Counter:
    def __init__(self, steps):
        self.steps = steps


def test_progress_is_kept(tmp_path):
    model = nn.Linear(3, 1)
    torch.save({"state": model.state_dict(), "progress": Counter(7)}, tmp_path / "last.pt")
    content = torch.load(tmp_path / "last.pt", weights_only=False)
    assert content["progress"].steps == 7
