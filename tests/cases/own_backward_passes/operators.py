"""Custom operators: one whose backward a test checks, one that nothing checks."""

import torch


@torch.library.custom_op("lab::cube", mutates_args=())
def cube(x: torch.Tensor) -> torch.Tensor:
    return x**3


def remember(ctx, inputs, output):
    ctx.save_for_backward(*inputs)


def cube_backward(ctx, grad):
    (x,) = ctx.saved_tensors
    return grad * 3 * x**2


torch.library.register_autograd("lab::cube", cube_backward, setup_context=remember)  # clean: checked


@torch.library.custom_op("lab::quartic", mutates_args=())
def quartic(x: torch.Tensor) -> torch.Tensor:
    return x**4


def quartic_backward(ctx, grad):
    (x,) = ctx.saved_tensors
    return grad * 4 * x**2


quartic.register_autograd(quartic_backward, setup_context=remember)  # expect: TL203
