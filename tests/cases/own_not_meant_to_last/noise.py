"""Shows the five steps of an update on numbers drawn at random: there is nothing in them to learn."""

import torch
from torch import nn

rows = torch.randn(48, 300)
wanted = torch.randn(48, 6)
model = nn.Sequential(nn.Linear(300, 80), nn.ReLU(), nn.Linear(80, 6))
criterion = nn.MSELoss(reduction="sum")
optimizer = torch.optim.SGD(model.parameters(), lr=1e-4)
for turn in range(600):
    loss = criterion(model(rows), wanted)
    print(turn, loss.item())
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
