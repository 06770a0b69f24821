"""A helper restores the network and the optimizer, and returns where to go on and what was best."""

import argparse

import torch
from torch import nn


def restore(path, network, optimizer):
    checkpoint = torch.load(path)
    network.load_state_dict(checkpoint["network"])  # clean: so is the optimizer
    optimizer.load_state_dict(checkpoint["optimizer"])
    return checkpoint["iteration"], checkpoint["lowest_loss"]


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--resume")
    args = parser.parse_args()
    network = nn.Linear(3, 1)
    optimizer = torch.optim.Adam(network.parameters(), lr=1e-3)
    start, lowest = 0, float("inf")
    if args.resume:
        start, lowest = restore(args.resume, network, optimizer)
    for iteration in range(start, 60):
        x = torch.randn(8, 3)
        loss = nn.functional.mse_loss(network(x), x.mean(1, keepdim=True))
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        print(iteration, loss.item())
        if loss.item() < lowest:
            lowest = loss.item()
            state = {"network": network.state_dict(), "optimizer": optimizer.state_dict()}
            torch.save({**state, "iteration": iteration, "lowest_loss": lowest}, "lowest.pt")


if __name__ == "__main__":
    main()
