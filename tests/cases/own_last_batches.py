"""An epoch's reports: of the last training batch, of all validation batches, of the last one."""

import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset


def houses(count, seed):
    generator = torch.Generator().manual_seed(seed)
    x = torch.randn(count, 6, generator=generator)
    return TensorDataset(x, x.sum(1, keepdim=True))


def validate(model, loader, criterion):
    model.eval()
    total, smooth = 0.0, None
    with torch.no_grad():
        for x, y in loader:
            output = model(x)
            loss = criterion(output, y)
            near = ((output - y).abs() < 0.5).float().mean().item()
            smooth = loss.item() if smooth is None else 0.9 * smooth + 0.1 * loss.item()
            total += loss.item() * len(y)
    print(f"smoothed {smooth:.3f}")  # clean: a running average
    return total / len(loader.dataset), near


torch.manual_seed(0)
train_loader = DataLoader(houses(256, 0), batch_size=32, shuffle=True)
val_loader = DataLoader(houses(64, 1), batch_size=16)
held = houses(64, 2)
test_loader = DataLoader(held, batch_size=len(held))
model, criterion = nn.Sequential(nn.Linear(6, 16), nn.ReLU(), nn.Linear(16, 1)), nn.MSELoss()
optimizer = torch.optim.AdamW(model.parameters(), lr=1e-3)
scheduler = torch.optim.lr_scheduler.StepLR(optimizer, 2)
for epoch in range(4):
    model.train()
    for x, y in train_loader:
        loss = criterion(model(x), y)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    scheduler.step()
    val_loss, near = validate(model, val_loader, criterion)
    print(epoch, loss.item(), val_loss)  # clean: the training's sign of life, and a mean
    print("near", near)  # expect: TL526
    torch.save(model.state_dict(), "last.pt")

with torch.no_grad():
    for x, y in test_loader:
        test_loss = criterion(model(x), y)
print("test", test_loss.item())  # clean: the loader gives the whole set at once
