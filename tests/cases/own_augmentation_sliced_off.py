"""A pipeline whose augmentation comes first and is sliced off for the data that is evaluated."""

import albumentations as A
import numpy as np
import torch
from albumentations.pytorch import ToTensorV2
from torch import nn
from torch.utils.data import DataLoader, Dataset
from torchvision.datasets import Flowers102


class Blossoms(Dataset):
    def __init__(self, split, size, mirrored):
        self.photos = Flowers102("data", split=split, download=True)
        steps = [
            A.VerticalFlip(p=0.5),
            A.Resize(size, size),
            A.Normalize(),
            ToTensorV2(),
        ]
        if not mirrored:
            steps = steps[1:]  # clean: what is left of the steps draws nothing
        self.steps = A.Compose(steps)

    def __len__(self):
        return len(self.photos)

    def __getitem__(self, index):
        photo, kind = self.photos[index]
        return self.steps(image=np.array(photo))["image"], kind


def loaders(size=64):
    train = DataLoader(Blossoms("train", size, mirrored=True), batch_size=32, shuffle=True)
    val = DataLoader(Blossoms("val", size, mirrored=False), batch_size=32)
    return train, val


def test_loader(size=64):
    return DataLoader(Blossoms("test", size, mirrored=False), batch_size=32)


torch.manual_seed(0)
train_loader, val_loader = loaders()
model = nn.Sequential(nn.Flatten(), nn.Linear(3 * 64 * 64, 102))
optimizer = torch.optim.AdamW(model.parameters(), lr=1e-3)
scheduler = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, T_max=20)
criterion = nn.CrossEntropyLoss()
best = float("inf")
for epoch in range(20):
    for photos, kinds in train_loader:
        optimizer.zero_grad()
        loss = criterion(model(photos), kinds)
        loss.backward()
        optimizer.step()
    scheduler.step()
    total = 0.0
    with torch.no_grad():
        for photos, kinds in val_loader:
            total += criterion(model(photos), kinds).item()
    print(epoch, loss.item(), total / len(val_loader))
    if total < best:
        best = total
        torch.save(model.state_dict(), "blossoms.pt")
