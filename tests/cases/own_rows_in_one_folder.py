"""Rows that are held out, though their files lie in a folder of training images; the same pass trains and evaluates."""

import pandas as pd
import torch
from torch import nn
from torch.utils.data import DataLoader, Dataset
from sklearn.model_selection import train_test_split


class Points(Dataset):
    def __init__(self, folder, frame):
        self.folder = folder
        self.frame = frame.reset_index(drop=True)

    def __len__(self):
        return len(self.frame)

    def __getitem__(self, index):
        row = self.frame.loc[index]
        return torch.load(f"{self.folder}/{row.name}.pt"), torch.tensor([row.x, row.y])


frame = pd.read_csv("points.csv")
frame_train, frame_val = train_test_split(frame, test_size=0.2, shuffle=True, random_state=42)
train_dataset = Points("train_images", frame_train)
val_dataset = Points("train_images", frame_val)
train_loader = DataLoader(train_dataset, batch_size=8, shuffle=True)
val_loader = DataLoader(val_dataset, batch_size=16)


def batch_loss(loss_func, output, target, optimizer=None):
    loss = loss_func(output, target)
    if optimizer is not None:
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    return loss.item()


def one_pass(loader, model, loss_func, optimizer=None):
    if optimizer is not None:
        model.train()
    else:
        model.eval()
    running = 0
    for images, labels in loader:
        output = model(images)
        running += batch_loss(loss_func, output, labels, optimizer)
    return running / len(loader)


model = nn.Sequential(nn.Conv2d(3, 16, 3), nn.BatchNorm2d(16), nn.ReLU(), nn.Flatten(), nn.LazyLinear(2))
loss_func = nn.SmoothL1Loss()
optimizer = torch.optim.Adam(model.parameters(), lr=5e-5)
scheduler = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, T_max=100)
best_loss = float("inf")
for epoch in range(100):  # clean: the rows of the frame are what is held out
    training_loss = one_pass(train_loader, model, loss_func, optimizer)
    scheduler.step()
    with torch.inference_mode():
        val_loss = one_pass(val_loader, model, loss_func, None)
        if val_loss < best_loss:
            torch.save(model.state_dict(), "best.pt")
            best_loss = val_loss
    print(epoch, training_loss, val_loss)
