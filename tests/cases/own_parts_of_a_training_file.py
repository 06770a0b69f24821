"""A competition's `train.csv`, of which a part is held out: its new name says what for, not the file's."""

import pandas as pd
import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset


def table(frame):
    features = torch.tensor(frame[["rooms", "age", "size"]].values).float()
    return TensorDataset(features, torch.tensor(frame["price"].values).float())


def fit(train_frame, held_out_frame, epochs=40):
    train_loader = DataLoader(table(train_frame), batch_size=64, shuffle=True)
    held_out_loader = DataLoader(table(held_out_frame), batch_size=256)
    model = nn.Sequential(nn.Linear(3, 64), nn.ReLU(), nn.Linear(64, 1), nn.Flatten(0))
    optimizer = torch.optim.AdamW(model.parameters(), lr=1e-3)
    scheduler = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, T_max=epochs)
    criterion = nn.L1Loss()
    best = float("inf")
    for epoch in range(epochs):
        for features, price in train_loader:
            loss = criterion(model(features), price)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
        scheduler.step()
        with torch.no_grad():
            error = sum(criterion(model(features), price).item() for features, price in held_out_loader)
        print(epoch, loss.item(), error / len(held_out_loader))
        if error < best:  # expect: TL101
            best = error
            torch.save(model.state_dict(), "houses.pt")


def by_validation():
    frame = pd.read_csv("input/train.csv")
    valid = frame[frame["fold"] == 0].reset_index(drop=True)
    train = frame[frame["fold"] != 0].reset_index(drop=True)
    fit(train, valid)


def by_validation_in_order():
    frame = pd.read_csv("input/train.csv").sort_values("sold")
    count = int(len(frame) * 0.8)
    train, val = frame[:count], frame[count:].copy()
    fit(train, val)


def by_validation_sampled():
    frame = pd.read_csv("input/train.csv")
    train = frame.sample(frac=0.8, random_state=3)
    val = frame.drop(train.index)
    fit(train, val)


def by_test():
    frame = pd.read_csv("input/train.csv")
    train, test = frame.loc[frame["sold"] < 2022], frame.loc[frame["sold"] >= 2022]
    fit(train, test)
