import torch
from operators import cube
from ops import squash
from torch.autograd import gradcheck


def test_squash():
    assert gradcheck(squash, (torch.randn(5, dtype=torch.float64, requires_grad=True),))


def test_cube():
    assert gradcheck(cube, (torch.randn(5, dtype=torch.float64, requires_grad=True),))
