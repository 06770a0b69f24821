"""Characters encoded by hand, one place of ones each: the held-out text is evaluated where its codes are."""

import numpy as np
import torch
from torch import nn

with open("play.txt") as f:
    text = f.read()
chars = tuple(sorted(set(text)))
index = {c: i for i, c in enumerate(chars)}
encoded = np.array([index[c] for c in text])


def batches(arr, size, length):
    total = size * length
    count = len(arr) // total
    arr = arr[: count * total].reshape((size, -1))
    for n in range(0, arr.shape[1], length):
        x = arr[:, n : n + length]
        y = np.zeros_like(x)
        y[:, :-1], y[:, -1] = x[:, 1:], x[:, 0]
        yield x, y


def one_hot(arr):
    coded = np.zeros((arr.size, len(chars)), dtype=np.float32)
    coded[np.arange(arr.size), arr.flatten()] = 1.0
    return coded.reshape((*arr.shape, len(chars)))


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.lstm = nn.LSTM(len(chars), 64, batch_first=True)
        self.drop = nn.Dropout(0.5)
        self.out = nn.Linear(64, len(chars))

    def forward(self, x):
        h, _ = self.lstm(x)
        return self.out(self.drop(h))


def train(net, data, epochs=10):
    opt = torch.optim.Adam(net.parameters(), lr=0.001)
    schedule = torch.optim.lr_scheduler.ExponentialLR(opt, 0.9)
    criterion = nn.CrossEntropyLoss()
    cut = int(len(data) * 0.9)
    data, val_data = data[:cut], data[cut:]
    for e in range(epochs):
        net.train()
        for x, y in batches(data, 10, 50):
            inputs, targets = torch.from_numpy(one_hot(x)), torch.from_numpy(y)
            opt.zero_grad()
            loss = criterion(net(inputs).flatten(0, 1), targets.flatten())
            loss.backward()
            opt.step()
        schedule.step()
        net.eval()
        losses = []
        for x, y in batches(val_data, 10, 50):
            inputs, targets = torch.from_numpy(one_hot(x)), torch.from_numpy(y)
            losses.append(criterion(net(inputs).flatten(0, 1), targets.flatten()).item())  # expect: TL506
        print(e, loss.item(), np.mean(losses))
        torch.save(net.state_dict(), "net.pt")


torch.manual_seed(1)
train(Net(), encoded)
