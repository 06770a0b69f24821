"""Weights from elsewhere, and a run that counts from its own beginning."""

import torch
from torch import nn

network = nn.Linear(5, 2)
weights = torch.load("published.pt")
network.load_state_dict(weights["model"])  # clean: a warm start
print("published after epoch", weights["epoch"])
optimizer = torch.optim.AdamW(network.parameters(), lr=1e-4)
best = float("inf")
for step in range(40):
    x = torch.randn(8, 5)
    loss = nn.functional.cross_entropy(network(x), (x.mean(1) > 0).long())
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    if loss.item() < best:
        best = loss.item()
        torch.save(network.state_dict(), "tuned.pt")
    print(step, loss.item())
