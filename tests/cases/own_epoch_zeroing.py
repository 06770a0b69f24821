"""Zeroed once an epoch, clipped after the step: seen in scripts that were rearranged by hand."""

import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

torch.manual_seed(0)
x = torch.randn(320, 4)
y = x.sum(1, keepdim=True)
train_loader = DataLoader(TensorDataset(x[:256], y[:256]), batch_size=32, shuffle=True)
val_loader = DataLoader(TensorDataset(x[256:], y[256:]), batch_size=32)
model = nn.Sequential(nn.Linear(4, 16), nn.ReLU(), nn.Linear(16, 1))
optimizer = torch.optim.SGD(model.parameters(), lr=0.01, momentum=0.9)
scheduler = torch.optim.lr_scheduler.StepLR(optimizer, step_size=2)
criterion = nn.MSELoss()

for epoch in range(4):
    optimizer.zero_grad()
    total = 0.0
    for inputs, targets in train_loader:
        loss = criterion(model(inputs), targets)
        loss.backward()  # expect: TL501
        optimizer.step()
        torch.nn.utils.clip_grad_value_(model.parameters(), 1.0)  # expect: TL510
        total = total + loss  # expect: TL507
    scheduler.step()
    with torch.no_grad():
        held = sum(criterion(model(a), b).item() for a, b in val_loader)
    print(epoch, total / len(train_loader), held / len(val_loader))
    torch.save(model.state_dict(), "last.pt")
