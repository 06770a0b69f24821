"""Two seeded splits: one over a folder as it is listed, one over a sorted list."""

import os
import random

import numpy as np
import torch
from torch import nn
from torch.utils.data import DataLoader, Dataset


class Recordings(Dataset):
    def __init__(self, names):
        self.names = names

    def __len__(self):
        return len(self.names)

    def __getitem__(self, index):
        data = np.load(self.names[index])
        return torch.from_numpy(data[:-1]), torch.tensor(data[-1:])


random.seed(0)
np.random.seed(0)
torch.manual_seed(0)
files = [os.path.join("recordings", name) for name in os.listdir("recordings") if name.endswith(".npy")]
random.shuffle(files)  # expect: TL109
cut = int(0.8 * len(files))
train_loader = DataLoader(Recordings(files[:cut]), batch_size=16, shuffle=True)
val_loader = DataLoader(Recordings(files[cut:]), batch_size=16)

extra = sorted(os.listdir("extra"))
order = np.random.permutation(len(extra))  # clean: seeded, and the list is sorted
extra_train = [extra[i] for i in order[:100]]
extra_val = [extra[i] for i in order[100:]]
extra_loaders = [DataLoader(Recordings(names), batch_size=16) for names in (extra_train, extra_val)]

model = nn.Linear(40, 1)
optimizer = torch.optim.SGD(model.parameters(), lr=0.01, momentum=0.9)
scheduler = torch.optim.lr_scheduler.ExponentialLR(optimizer, gamma=0.9)
for epoch in range(10):
    model.train()
    for x, y in train_loader:
        loss = nn.functional.mse_loss(model(x), y)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    scheduler.step()
    model.eval()
    with torch.no_grad():
        val_loss = sum(nn.functional.mse_loss(model(x), y).item() for x, y in val_loader) / len(val_loader)
    print(epoch, loss.item(), val_loss)
    torch.save(model.state_dict(), f"epoch{epoch}.pt")
