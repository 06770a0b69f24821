"""Attempts to load weights, of which one hides what went wrong."""

import torch
from torch import nn


def resume(network, path):
    try:
        network.load_state_dict(torch.load(path))
    except:  # expect: TL910
        print("starting from scratch")


def first_run(network, path):
    try:
        network.load_state_dict(torch.load(path))
    except FileNotFoundError:  # clean: one error, and it is named
        print("no checkpoint yet")


def old_or_new(network, path):
    state = torch.load(path)
    try:
        network.load_state_dict(state)
    except Exception:  # clean: loads them in another way
        network.load_state_dict(state["model"])


def insist(network, path):
    try:
        network.load_state_dict(torch.load(path))
    except Exception as error:  # clean: raises again
        raise SystemExit(f"{path} does not fit") from error


network = nn.Linear(3, 1)
resume(network, "last.pt")
first_run(network, "last.pt")
old_or_new(network, "last.pt")
insist(network, "last.pt")
optimizer = torch.optim.AdamW(network.parameters(), lr=1e-3)
for step in range(40):
    x = torch.randn(8, 3)
    loss = nn.functional.mse_loss(network(x), x.amax(1, keepdim=True))
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    print(step, loss.item())
    torch.save(network.state_dict(), "last.pt")
