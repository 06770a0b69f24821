"""Scans of patients are read into a dict while the folders are walked; the patients are sorted, then parted by a seed of their own."""

import os
import random

import numpy as np
import torch
from torch import nn
from torch.utils.data import DataLoader, Dataset


class Slices(Dataset):
    def __init__(self, folder, part, held_out=8):
        volumes = {}
        for parent, _, names in os.walk(folder):
            slices = [np.load(os.path.join(parent, name)) for name in sorted(names)]
            if slices:
                volumes[os.path.basename(parent)] = np.stack(slices)
        patients = sorted(volumes)
        random.seed(7)
        held = random.sample(patients, k=held_out)  # clean: sorted keys, and a seed
        chosen = held if part == "validation" else sorted(set(patients).difference(held))
        self.slices = [torch.from_numpy(one).float() for patient in chosen for one in volumes[patient]]

    def __len__(self):
        return len(self.slices)

    def __getitem__(self, index):
        return self.slices[index][:-1], self.slices[index][-1:]


train_loader = DataLoader(Slices("scans", "train"), batch_size=16, shuffle=True)
val_loader = DataLoader(Slices("scans", "validation"), batch_size=16)
model = nn.Conv2d(3, 1, kernel_size=3, padding=1)
optimizer = torch.optim.AdamW(model.parameters(), lr=1e-3)
scheduler = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, T_max=20)
criterion = nn.BCEWithLogitsLoss()
for epoch in range(20):
    model.train()
    for scan, mask in train_loader:
        optimizer.zero_grad()
        loss = criterion(model(scan), mask)
        loss.backward()
        optimizer.step()
    scheduler.step()
    model.eval()
    val_loss = 0.0
    with torch.no_grad():
        for scan, mask in val_loader:
            val_loss += criterion(model(scan), mask).item()
    print(epoch, loss.item(), val_loss / len(val_loader))
    torch.save(model.state_dict(), f"{epoch}.pt")
