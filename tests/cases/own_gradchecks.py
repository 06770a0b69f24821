"""Gradient checks of functions and modules, in and out of double precision, with dropout on and off."""

import torch
import torch.nn.functional as F
from torch import nn
from torch.autograd import gradcheck, gradgradcheck


class Noisy(nn.Module):
    def __init__(self, rate=0.5):
        super().__init__()
        self.linear, self.rate = nn.Linear(3, 3), rate

    def forward(self, x):
        return F.dropout(torch.tanh(self.linear(x)), p=self.rate, training=self.training)


class Still(nn.Module):
    def __init__(self):
        super().__init__()
        self.layers = nn.Sequential(nn.Linear(3, 3), nn.Softplus(), nn.Dropout(0.1))

    def forward(self, x):
        return self.layers(x)


def inputs():
    return torch.randn(4, 3, dtype=torch.float64, requires_grad=True)


def test_function():
    assert gradcheck(lambda x: torch.sin(x) * 2, (inputs(),))  # clean: double


def test_single_by_default():
    x = torch.linspace(0.1, 1.0, 6, requires_grad=True)
    assert gradcheck(torch.sqrt, (x,), eps=1e-3, atol=1e-2)  # expect: TL202


def test_module_is_still_single():
    module = Still().eval()
    x = torch.randn(2, 3, requires_grad=True)
    gradcheck(module, (x,), eps=1e-3, raise_exception=False)  # expect: TL202


def test_second_order():
    x = torch.rand(5).double().requires_grad_()
    assert gradgradcheck(lambda t: t.pow(3), (x,))  # clean: converted


def test_noisy_in_train_mode():
    module = Noisy().double()
    gradcheck(lambda x: module(x).sum(), (inputs(),), raise_exception=False)  # expect: TL201


def test_noisy_in_eval_mode():
    module = Still().double().eval()
    assert gradcheck(module, inputs())  # clean: dropout is off


def test_by_default_dtype():
    torch.set_default_dtype(torch.float64)
    module = Still().eval()
    assert gradcheck(module, (torch.rand(2, 3, requires_grad=True),))  # clean: everything is double by default
    torch.set_default_dtype(torch.float32)
