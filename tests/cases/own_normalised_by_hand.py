"""Mean and scale are computed by hand: of the training part, of all data before it is split, and of single recordings."""

import numpy as np
import torch
from sklearn.model_selection import train_test_split
from torch import nn
from torch.utils.data import DataLoader, TensorDataset


def read(path):
    recording = np.load(path)
    return (recording - recording.mean()) / recording.std()


def tensors(x, y):
    return TensorDataset(torch.as_tensor(x), torch.as_tensor(y))


def train(train_set, val_set, path):
    model = nn.Sequential(nn.Linear(12, 32), nn.ReLU(), nn.Linear(32, 1))
    optimizer = torch.optim.AdamW(model.parameters(), lr=1e-3)
    scheduler = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, T_max=40)
    val_loader = DataLoader(val_set, batch_size=64)
    for epoch in range(40):
        model.train()
        for inputs, targets in DataLoader(train_set, batch_size=32, shuffle=True):
            loss = nn.functional.mse_loss(model(inputs), targets)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
        scheduler.step()
        model.eval()
        with torch.no_grad():
            error = sum(nn.functional.mse_loss(model(x), y).item() for x, y in val_loader) / len(val_loader)
        print(epoch, loss.item(), error)
        torch.save(model.state_dict(), path)


def of_all():
    x, y = np.load("wind.npy"), np.load("power.npy")
    mean, std = x.mean(axis=0), x.std(axis=0)  # expect: TL106
    x = (x - mean) / (std + 1e-8)
    x_train, x_val, y_train, y_val = train_test_split(x, y, test_size=0.2, random_state=0)
    train(tensors(x_train, y_train), tensors(x_val, y_val), "of_all.pt")


def between_its_limits():
    series = np.load("load.npy")
    series = (series - np.min(series)) / (np.max(series) - np.min(series))  # expect: TL106
    train_part, val_part = series[:8000], series[8000:]
    train(
        tensors(train_part[:, :-1], train_part[:, -1:]), tensors(val_part[:, :-1], val_part[:, -1:]), "between_limits.pt"
    )


def of_the_training_part():
    x, y = np.load("wind.npy"), np.load("power.npy")
    x_train, x_val, y_train, y_val = train_test_split(x, y, test_size=0.2, random_state=0)
    mean, std = x_train.mean(axis=0), x_train.std(axis=0)
    x_train, x_val = (x_train - mean) / std, (x_val - mean) / std
    train(tensors(x_train, y_train), tensors(x_val, y_val), "of_training.pt")


def each_by_itself(paths):
    recordings = [read(path) for path in paths]
    labels = np.load("labels.npy")
    x_train, x_val, y_train, y_val = train_test_split(recordings, labels, test_size=0.2, random_state=0)
    train(tensors(np.stack(x_train), y_train), tensors(np.stack(x_val), y_val), "by_itself.pt")


torch.manual_seed(0)
of_all()
between_its_limits()
of_the_training_part()
each_by_itself([f"recording_{number}.npy" for number in range(600)])
