"""A forecast whose parts are pairs of tensors, by attributes of one object, and a generator that makes the batches."""

import argparse

import numpy as np
import torch
from torch import nn


class Series:
    def __init__(self, path, train, valid, window):
        self.values = np.loadtxt(path, delimiter=",")
        self.window, self.width = window, self.values.shape[1]
        first, second = int(train * len(self.values)), int((train + valid) * len(self.values))
        self.train = self._pairs(range(window, first))
        self.valid = self._pairs(range(first, second))
        self.test = self._pairs(range(second, len(self.values)))

    def _pairs(self, places):
        inputs, targets = torch.zeros((len(places), self.window, self.width)), torch.zeros((len(places), self.width))
        for i, place in enumerate(places):
            inputs[i] = torch.from_numpy(self.values[place - self.window : place])
            targets[i] = torch.from_numpy(self.values[place])
        return [inputs, targets]

    def batches(self, inputs, targets, size, shuffle):
        order = torch.randperm(len(inputs)) if shuffle else torch.arange(len(inputs))
        for start in range(0, len(inputs), size):
            chosen = order[start : start + size]
            yield inputs[chosen], targets[chosen]


class Forecast(nn.Module):
    def __init__(self, width):
        super().__init__()
        self.recurrent, self.dropout = nn.GRU(width, 64, batch_first=True), nn.Dropout(0.2)
        self.steps = nn.ModuleList()
        for _ in range(2):
            self.steps.append(nn.Linear(64, 64))
        self.head = nn.Linear(64, width)

    def encode(self, x):
        state = self.dropout(self.recurrent(x)[1][-1])
        for i in range(len(self.steps)):
            state = torch.relu(self.steps[i](state))
        return state

    def forward(self, x):
        return self.head(self.encode(x))

    def predict(self, x):
        return self.head(self.encode(x))


def evaluate(series, part, model, criterion, size):
    model.eval()
    total, count = 0.0, 0
    for x, y in series.batches(part[0], part[1], size, shuffle=False):  # expect: TL506
        total += criterion(model.predict(x), y).item()
        count += y.numel()
    return total / count


def train(series, model, criterion, optimizer, size):
    model.train()
    total, count = 0.0, 0
    for x, y in series.batches(series.train[0], series.train[1], size, shuffle=True):
        loss = criterion(model(x), y)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        total += loss.item()
        count += y.numel()
    return total / count


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--data", default="exchange.txt")
    parser.add_argument("--epochs", type=int, default=100)
    args = parser.parse_args()
    torch.manual_seed(1)
    series = Series(args.data, 0.6, 0.2, 168)
    model = Forecast(series.width)
    criterion = nn.L1Loss(reduction="sum")
    optimizer = torch.optim.Adam(model.parameters(), lr=1e-3)
    scheduler = torch.optim.lr_scheduler.StepLR(optimizer, step_size=30)
    best = float("inf")
    for epoch in range(args.epochs):
        train_loss = train(series, model, criterion, optimizer, 128)
        valid_loss = evaluate(series, series.valid, model, criterion, 128)
        scheduler.step()
        print(epoch, train_loss, valid_loss)
        if valid_loss < best:
            best = valid_loss
            torch.save(model.state_dict(), "forecast.pt")
    model.load_state_dict(torch.load("forecast.pt"))
    print(evaluate(series, series.test, model, criterion, 128))


if __name__ == "__main__":
    main()
