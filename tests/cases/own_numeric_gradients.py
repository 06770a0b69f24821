"""Gradient checks written by hand, over the parameters of a small network."""

import torch
from torch import nn

torch.manual_seed(0)


def network(drop=0.0):
    return nn.Sequential(nn.Linear(3, 5), nn.Tanh(), nn.Dropout(drop), nn.Linear(5, 1))


def check(model, x, y, h):
    """The largest relative error over all weights of the first layer."""
    loss = nn.functional.mse_loss(model(x), y)
    (analytic,) = torch.autograd.grad(loss, [model[0].weight])
    worst = 0.0
    with torch.no_grad():
        weight = model[0].weight.view(-1)
        for i in range(weight.numel()):
            kept = weight[i].item()
            weight[i] = kept + h
            plus = nn.functional.mse_loss(model(x), y)
            weight[i] = kept - h
            minus = nn.functional.mse_loss(model(x), y)
            weight[i] = kept
            numeric = (plus - minus) / (2 * h)  # expect: TL201, TL202
            error = (numeric - analytic.view(-1)[i]).abs() / (numeric.abs() + analytic.view(-1)[i].abs() + 1e-12)
            worst = max(worst, error.item())
    return worst


if __name__ == "__main__":
    print(check(network(0.2), torch.randn(4, 3), torch.randn(4, 1), 1e-3))
    x, y = torch.randn(4, 3, dtype=torch.float64), torch.randn(4, 1, dtype=torch.float64)
    print(check(network().double().eval(), x, y, 1e-6))
