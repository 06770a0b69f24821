"""The names of the classes come in the order of a listing, and are numbered by it in two places: sorted once, both are mended."""

import os
import random

import torch
from torch import nn

random.seed(0)
torch.manual_seed(0)
categories = [name.partition(".")[0] for name in os.listdir("names")]
network = nn.Sequential(nn.Linear(64, 32), nn.ReLU(), nn.Linear(32, len(categories)))


def pair():
    category = random.choice(categories)
    return torch.randn(1, 64), torch.tensor([categories.index(category)])  # expect: TL112


def tally(rounds=100):
    table = torch.zeros(len(categories), len(categories))
    network.eval()
    with torch.no_grad():
        for _ in range(rounds):
            category = random.choice(categories)
            guess = network(torch.randn(1, 64)).argmax(1).item()
            number = categories.index(category)  # clean: told above
            table[number][guess] += 1
    return table


print(pair(), tally())
