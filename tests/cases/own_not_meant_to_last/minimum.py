"""Looks for the lowest point of Rosenbrock's valley: nothing is learnt from data, and there is nothing to keep."""

import torch


def valley(point):
    return (1 - point[0]) ** 2 + 100 * (point[1] - point[0] ** 2) ** 2


start = torch.tensor([-1.2, 1.0], requires_grad=True)
optimizer = torch.optim.Adam([start], lr=2e-3)
for turn in range(12000):
    height = valley(start)
    optimizer.zero_grad()
    height.backward()
    optimizer.step()
    if turn % 1000 == 0:
        print(turn, start.tolist(), height.item())
