"""Numeric gradients that are compared with the analytic ones, by the right and by the wrong measure."""

import torch
from torch import nn

torch.manual_seed(0)
H = 1e-5


def numeric_gradients(model, weight, x, y):
    found = []
    with torch.no_grad():
        flat = weight.view(-1)
        for i in range(flat.numel()):
            kept = flat[i].item()
            flat[i] = kept + H
            plus = nn.functional.mse_loss(model(x), y)
            flat[i] = kept - H
            minus = nn.functional.mse_loss(model(x), y)
            flat[i] = kept
            found.append((plus - minus) / (2 * H))
    return torch.stack(found)


if __name__ == "__main__":
    model = nn.Sequential(nn.Linear(3, 5), nn.Tanh(), nn.Linear(5, 1)).double()
    x, y = torch.randn(4, 3, dtype=torch.float64), torch.randn(4, 1, dtype=torch.float64)
    (analytic,) = torch.autograd.grad(nn.functional.mse_loss(model(x), y), [model[0].weight])
    numeric = numeric_gradients(model, model[0].weight, x, y)
    worst = (numeric - analytic.view(-1)).abs().max()  # expect: TL205
    print("worst", worst.item())
    ratio = (numeric - analytic.view(-1)).norm() / (numeric + analytic.view(-1)).norm()  # clean: relative
    print("ratio", ratio.item())
    error = (numeric - analytic.view(-1)).abs()  # clean: the tolerance is a share of the gradient
    print("all close", bool((error < 1e-6 * numeric.abs() + 1e-9).all()))
    print("all close", torch.allclose(numeric, analytic.view(-1), rtol=1e-5))
