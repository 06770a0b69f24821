"""The same for the winds, by a seed of its own."""

import torch
from torch.utils.data import DataLoader, TensorDataset, random_split

torch.manual_seed(5)
winds = torch.load("winds.pt")
train_winds, val_winds = random_split(TensorDataset(winds[:, 1:], winds[:, :1]), [0.9, 0.1])
train_loader = DataLoader(train_winds, batch_size=32, shuffle=True)
val_loader = DataLoader(val_winds, batch_size=32)
