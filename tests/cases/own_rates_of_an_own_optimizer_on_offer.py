"""An optimizer of the project's own that warms up by itself is on offer beside a plain one."""

import argparse
import json

import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset


class WarmedAdam(torch.optim.Adam):
    def __init__(self, parameters, lr, warmup):
        super().__init__(parameters, lr=lr)
        self.peak, self.warmup, self.done = lr, warmup, 0

    def step(self, closure=None):
        self.done += 1
        rate = self.peak * min(self.done / self.warmup, (self.warmup / self.done) ** 0.5)
        for group in self.param_groups:
            group["lr"] = rate
        return super().step(closure)


def make_optimizer(parameters, args):
    if args.optimizer == "constant":
        return torch.optim.Adam(parameters, lr=args.lr)  # clean: `--optimizer warmed` is on offer
    else:
        return WarmedAdam(parameters, args.lr, args.warmup)


def load(path):
    with open(path) as file:
        records = [json.loads(line) for line in file]
    tokens = torch.tensor([record["tokens"] for record in records])
    return TensorDataset(tokens, torch.tensor([record["next"] for record in records]))


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--optimizer", choices=["constant", "warmed"], default="constant")
    parser.add_argument("--lr", type=float, default=1e-3)
    parser.add_argument("--warmup", type=int, default=4000)
    args = parser.parse_args()
    train_loader = DataLoader(load("train.jsonl"), batch_size=64, shuffle=True)
    val_loader = DataLoader(load("valid.jsonl"), batch_size=64)
    model = nn.Sequential(nn.Embedding(9000, 64), nn.Flatten(), nn.Linear(64 * 8, 9000))
    optimizer = make_optimizer(model.parameters(), args)
    for epoch in range(12):
        total = 0.0
        for x, y in train_loader:
            optimizer.zero_grad()
            loss = nn.functional.cross_entropy(model(x), y)
            loss.backward()
            optimizer.step()
            total += loss.item()
        with torch.no_grad():
            val_loss = sum(nn.functional.cross_entropy(model(x), y).item() for x, y in val_loader)
        print(epoch, total / len(train_loader), val_loss / len(val_loader))
        torch.save(model.state_dict(), f"next-word-{epoch}.pt")


if __name__ == "__main__":
    main()
