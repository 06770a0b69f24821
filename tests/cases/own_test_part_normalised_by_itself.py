"""Training and test data are each normalised by their own mean and standard deviation."""

import numpy as np
import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

torch.manual_seed(0)
x_train, y_train = np.load("x.npy"), np.load("y.npy")
x_val, y_val = np.load("x_val.npy"), np.load("y_val.npy")
x_train = (x_train - x_train.mean(axis=0)) / x_train.std(axis=0)
x_val = (x_val - x_val.mean(axis=0)) / x_val.std(axis=0)  # expect: TL111
train_loader = DataLoader(TensorDataset(torch.tensor(x_train), torch.tensor(y_train)), batch_size=32, shuffle=True)
val_loader = DataLoader(TensorDataset(torch.tensor(x_val), torch.tensor(y_val)), batch_size=64)
model = nn.Linear(12, 1)
optimizer = torch.optim.AdamW(model.parameters(), lr=1e-3)
scheduler = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, T_max=25)
for epoch in range(25):
    model.train()
    for x, y in train_loader:
        loss = nn.functional.mse_loss(model(x), y)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    scheduler.step()
    model.eval()
    with torch.no_grad():
        error = sum(nn.functional.mse_loss(model(x), y).item() for x, y in val_loader) / len(val_loader)
    print(epoch, loss.item(), error)
    torch.save(model.state_dict(), "linear.pt")
