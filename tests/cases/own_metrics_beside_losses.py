"""What a module of losses from elsewhere gives may be a metric: only what is called a loss holds a graph for sure."""

import torch
from losses import jaccard, tversky_loss
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

torch.manual_seed(4)
scans, masks = torch.load("scans.pt"), torch.load("masks.pt")
train_loader = DataLoader(TensorDataset(scans[:800], masks[:800]), batch_size=16, shuffle=True)
val_loader = DataLoader(TensorDataset(scans[800:], masks[800:]), batch_size=16)
model = nn.Sequential(nn.Conv2d(1, 16, 3, padding=1), nn.ReLU(), nn.Conv2d(16, 1, 1))
optimizer = torch.optim.AdamW(model.parameters(), lr=3e-4)
scheduler = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, T_max=40)

for epoch in range(40):
    model.train()
    total, overlaps = 0.0, []
    for scan, mask in train_loader:
        optimizer.zero_grad()
        output = model(scan)
        loss = tversky_loss(output, mask)
        loss.backward()
        optimizer.step()
        total += tversky_loss(output, mask)  # expect: TL507
        overlaps.append(jaccard(output, mask))  # clean: it may be a number
    scheduler.step()
    model.eval()
    with torch.no_grad():
        held_out = [jaccard(model(scan), mask) for scan, mask in val_loader]
    print(epoch, total, sum(overlaps) / len(overlaps), sum(held_out) / len(held_out))
    torch.save(model.state_dict(), "unet.pt")
