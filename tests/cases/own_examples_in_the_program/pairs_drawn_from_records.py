"""Users, what they liked and what they may not have liked are drawn at random: out of records, which are data."""

import random

import numpy as np
import torch
from torch import nn


class Records:
    def __init__(self, path):
        self.liked = []
        with open(path) as file:
            for line in file:
                self.liked.append([])
                for item in line.split()[1:]:
                    self.liked[-1].append(int(item))

    def batches(self, size, items):
        users = np.random.randint(0, len(self.liked), 20000)
        for start in range(0, len(users), size):
            better = [random.choice(self.liked[user]) for user in users[start : start + size]]
            worse = [np.random.choice(self.liked[random.randrange(50)]) for _ in better]
            yield users[start : start + size], better, worse


class Taste(nn.Module):
    def __init__(self, users, items):
        super().__init__()
        self.users, self.items = nn.Embedding(users, 32), nn.Embedding(items, 32)

    def forward(self, users, items):
        return (self.users(users) * self.items(items)).sum(-1)


torch.manual_seed(0)
records = Records("liked.txt")
taste = Taste(5000, 20000)
optimizer = torch.optim.Adam(taste.parameters(), lr=1e-3)  # expect: TL701
for epoch in range(40):  # expect: TL104, TL901
    total = 0.0
    for users, better, worse in records.batches(256, 20000):
        users = torch.as_tensor(users)
        margin = taste(users, torch.as_tensor(better)) - taste(users, torch.as_tensor(worse))
        loss = -nn.functional.logsigmoid(margin).mean()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        total += loss.item()
    print(epoch, total)
