"""Two evaluations by the same helper: each of them is looked at."""

import torch
from torch import nn
from torch.utils.data import DataLoader, random_split
from torchvision import datasets, transforms


def overlap(scores, masks):
    found = scores > 0
    return ((found == masks.bool()).sum() / masks.numel()).item()


def accuracy(network, images, masks):
    return overlap(network(images), masks)


torch.manual_seed(5)
to_tensor = transforms.ToTensor()
cells = datasets.OxfordIIITPet(
    "data", target_types="segmentation", transform=to_tensor, target_transform=to_tensor
)
train_set, val_set = random_split(cells, [0.8, 0.2])
train_loader = DataLoader(train_set, batch_size=8, shuffle=True)
val_loader = DataLoader(val_set, batch_size=8)
network = nn.Sequential(nn.Conv2d(3, 16, 3, padding=1), nn.BatchNorm2d(16), nn.ReLU(), nn.Conv2d(16, 1, 1))
criterion = nn.BCEWithLogitsLoss()
optimizer = torch.optim.Adam(network.parameters(), lr=1e-3)
scheduler = torch.optim.lr_scheduler.StepLR(optimizer, 10)
best = 0.0

for epoch in range(40):
    network.train()
    for images, masks in train_loader:
        optimizer.zero_grad()
        loss = criterion(network(images), masks)
        loss.backward()
        optimizer.step()
    scheduler.step()
    network.eval()
    total = 0.0
    with torch.no_grad():
        for images, masks in val_loader:
            total += accuracy(network, images, masks)
    print(epoch, loss.item(), total / len(val_loader))
    if total > best:
        best = total
        torch.save(network.state_dict(), "cells.pt")

network.load_state_dict(torch.load("cells.pt"))
network.eval()
total = 0.0
for images, masks in val_loader:  # expect: TL506
    total += accuracy(network, images, masks)
print("best", total / len(val_loader))
