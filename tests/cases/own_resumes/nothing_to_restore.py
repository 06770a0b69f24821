"""Plain gradient descent has no state; the schedule is stepped up to where the run stopped."""

import os

import torch
from torch import nn

network = nn.Linear(3, 1)
optimizer = torch.optim.SGD(network.parameters(), lr=0.1)
schedule = torch.optim.lr_scheduler.ExponentialLR(optimizer, gamma=0.99)
begin = 0
if os.path.isfile("plain.pt"):
    saved = torch.load("plain.pt")
    network.load_state_dict(saved["weights"])  # clean: nothing else to restore
    begin = saved["step"]
for _ in range(begin):
    schedule.step()
for step in range(begin, 40):
    x = torch.randn(8, 3)
    loss = nn.functional.mse_loss(network(x), x.amin(1, keepdim=True))
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    schedule.step()
    print(step, loss.item())
    torch.save({"weights": network.state_dict(), "step": step + 1}, "plain.pt")
