"""Autograd functions: one that a test checks, one that none does, and those whose backward is no gradient on purpose."""

import torch
from torch.autograd import Function


class Softsign(Function):
    @staticmethod
    def forward(ctx, x):
        ctx.save_for_backward(x)
        return x / (1 + x.abs())

    @staticmethod
    def backward(ctx, grad):  # clean: tests/test_ops.py checks it by way of `squash`
        (x,) = ctx.saved_tensors
        return grad / (1 + x.abs()) ** 2


def squash(x):
    return Softsign.apply(x)


class ReverseGradient(Function):
    @staticmethod
    def forward(ctx, x, weight):
        ctx.weight = weight
        return x.view_as(x)

    @staticmethod
    def backward(ctx, grad):
        return -ctx.weight * grad, None


class Spike(Function):
    """A step with a smooth stand-in for its gradient."""

    @staticmethod
    def forward(ctx, potential):
        ctx.save_for_backward(potential)
        return (potential > 0).float()

    @staticmethod
    def backward(ctx, grad):
        (potential,) = ctx.saved_tensors
        return grad / (1 + 10 * potential.abs()) ** 2


class WeightedNorm(Function):  # expect: TL203
    @staticmethod
    def forward(ctx, x, weight):
        ctx.save_for_backward(x, weight)
        return (weight * x * x).sum()

    @staticmethod
    def backward(ctx, grad):
        x, weight = ctx.saved_tensors
        return grad * 2 * weight * x, grad * x * x
