"""Zeroing in many ways, all of them right: in a helper, by the network, by hand, in a closure, after an accumulated step."""

import torch
from torch import nn

torch.manual_seed(0)


def data():
    x = torch.randn(16, 4)
    return x, x.sum(1, keepdim=True)


def reset(*optimizers):
    for optimizer in optimizers:
        optimizer.zero_grad(set_to_none=True)


def by_helper(network, other):
    first = torch.optim.AdamW(network.parameters(), lr=1e-3)
    second = torch.optim.AdamW(other.parameters(), lr=1e-3)
    for step in range(12):
        x, y = data()
        loss = nn.functional.mse_loss(other(network(x)), y)
        reset(first, second)
        loss.backward()  # clean: zeroed in reset
        first.step()
        second.step()
        print(step, loss.item())


def by_network(network):
    optimizer = torch.optim.AdamW([{"params": network[0].parameters()}, {"params": network[2].parameters()}], lr=1e-3)
    for step in range(12):
        x, y = data()
        loss = nn.functional.mse_loss(network(x), y)
        network.zero_grad()
        loss.backward()  # clean: the network's own zero_grad
        optimizer.step()
        print(step, loss.item())


def by_hand(network):
    for step in range(12):
        x, y = data()
        loss = nn.functional.mse_loss(network(x), y)
        loss.backward()  # clean: the update is written out, and zeroes
        with torch.no_grad():
            for p in network.parameters():
                p -= 0.01 * p.grad
                p.grad = None
        print(step, loss.item())


def by_closure(network):
    optimizer = torch.optim.LBFGS(network.parameters(), max_iter=3)
    x, y = data()
    for step in range(5):

        def closure():
            optimizer.zero_grad()
            loss = nn.functional.mse_loss(network(x), y)
            loss.backward()  # clean: the closure zeroes
            return loss

        print(step, optimizer.step(closure).item())


def accumulated(network, n=4):
    optimizer = torch.optim.AdamW(network.parameters(), lr=1e-3)
    for i in range(16):
        x, y = data()
        loss = nn.functional.mse_loss(network(x), y) / n
        loss.backward()  # clean: zeroed after the step, every n rounds
        if (i + 1) % n == 0:
            nn.utils.clip_grad_norm_(network.parameters(), 1.0)  # clean: once an update
            optimizer.step()
            optimizer.zero_grad()
        print(i, loss.item())


def mlp():
    return nn.Sequential(nn.Linear(4, 8), nn.ReLU(), nn.Linear(8, 1))


if __name__ == "__main__":
    by_helper(nn.Linear(4, 4), nn.Linear(4, 1))
    by_network(mlp())
    by_hand(mlp())
    by_closure(mlp())
    accumulated(mlp())
