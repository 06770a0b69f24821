"""How long a hundred steps take in half precision: nobody wants to know the loss."""

import time

import torch
from torch import nn
from torch.utils.data import DataLoader

from own_switches_of_tests.train import Curves


def main():
    torch.manual_seed(0)
    net = nn.Sequential(nn.Linear(16, 32), nn.Tanh(), nn.Linear(32, 1))
    optimizer = torch.optim.AdamW(net.parameters(), lr=1e-3)
    loader = DataLoader(Curves("train.pt"), batch_size=32, shuffle=True)
    begin = time.perf_counter()
    for _ in range(5):
        for x, y in loader:
            with torch.autocast("cpu", dtype=torch.bfloat16):
                loss = nn.functional.mse_loss(net(x), y)
            loss.backward()
            optimizer.step()
            optimizer.zero_grad()
    print(time.perf_counter() - begin)


if __name__ == "__main__":
    main()
