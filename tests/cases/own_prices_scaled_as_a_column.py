"""Prices that are scaled in their column of the frame, cut into windows, and split by slices of several axes."""

import argparse

import numpy as np
import torch
import yfinance
from sklearn.preprocessing import MinMaxScaler
from torch import nn


def windows(prices, length=30):
    rows = []
    for i in range(len(prices) - length):
        rows.append(prices[i : i + length])
    return np.array(rows)


def fit(X_train, y_train, X_val, y_val, epochs=50):
    model = nn.Sequential(nn.Linear(29, 32), nn.ReLU(), nn.Linear(32, 1))
    optimizer = torch.optim.Adam(model.parameters(), lr=0.001)
    scheduler = torch.optim.lr_scheduler.StepLR(optimizer, step_size=20)
    for epoch in range(epochs):
        for rows in torch.randperm(len(X_train)).split(64):
            loss = nn.functional.mse_loss(model(X_train[rows]), y_train[rows])
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
        scheduler.step()
        with torch.no_grad():
            val_loss = nn.functional.mse_loss(model(X_val), y_val)
        print(epoch, loss.item(), val_loss.item())
        torch.save(model.state_dict(), "prices.pt")


def by_closing_price():
    frame = yfinance.download("ABC", "2020-01-01")
    scaler = MinMaxScaler()
    frame["Close"] = scaler.fit_transform(frame["Close"])  # expect: TL106
    data = windows(frame.Close)
    train_size = int(0.8 * len(data))
    X_train = torch.from_numpy(data[:train_size, :-1]).float()
    y_train = torch.from_numpy(data[:train_size, -1:]).float()
    X_val = torch.from_numpy(data[train_size:, :-1]).float()
    y_val = torch.from_numpy(data[train_size:, -1:]).float()
    fit(X_train, y_train, X_val, y_val)


def by_opening_price():
    frame = yfinance.download("ABC", "2020-01-01")
    train_size = int(0.8 * len(frame))
    scaler = MinMaxScaler()
    scaler.fit(frame["Open"][:train_size].values.reshape(-1, 1))
    frame["Open"] = scaler.transform(frame["Open"].values.reshape(-1, 1))
    data = windows(frame.Open)
    X_train, X_val = torch.tensor(data[:train_size, :-1]), torch.tensor(data[train_size:, :-1])
    y_train, y_val = torch.tensor(data[:train_size, -1:]), torch.tensor(data[train_size:, -1:])
    fit(X_train, y_train, X_val, y_val)


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--price", help="close or open")
    args = parser.parse_args()
    if args.price == "close":
        by_closing_price()
    elif args.price == "open":
        by_opening_price()
    else:
        print("--price is close or open")
