"""A forecast of ozone, trained on what `stations` makes."""

import torch
from stations import test_tensor, train_loader, val_loader
from torch import nn

model = nn.Sequential(nn.Linear(8, 32), nn.ReLU(), nn.Linear(32, 1))
optimizer = torch.optim.AdamW(model.parameters(), lr=1e-3)
scheduler = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, T_max=20)
criterion = nn.MSELoss()

for epoch in range(20):
    for features, target in train_loader:
        optimizer.zero_grad()
        loss = criterion(model(features), target)
        loss.backward()
        optimizer.step()
    scheduler.step()
    with torch.no_grad():
        val_loss = sum(criterion(model(features), target).item() for features, target in val_loader) / len(val_loader)
    print(epoch, loss.item(), val_loss)
    torch.save(model.state_dict(), "ozone.pt")

with torch.no_grad():
    print(criterion(model(test_tensor[:, 1:]), test_tensor[:, :1]).item())
