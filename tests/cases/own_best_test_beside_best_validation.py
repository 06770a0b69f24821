"""A record holds the best validation and the best test accuracy: the latter decides which weights are kept."""

import torch
from torch import nn
from torch.utils.data import DataLoader


class Record:
    def __init__(self):
        self.best = {"validation": 0.0, "test": 0.0, "tested": []}


@torch.no_grad()
def accuracy(model, loader):
    model.eval()
    hits = sum((model(x).argmax(1) == y).sum().item() for x, y in loader)
    return hits / len(loader.dataset)


def train_epoch(model, loader, optimizer):
    model.train()
    total = 0.0
    for x, y in loader:
        loss = nn.functional.cross_entropy(model(x), y)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        total += loss.item()
    return total / len(loader)


def train(train_loader, val_loader, test_loader, record, path):
    model = nn.Sequential(nn.Linear(20, 40), nn.ReLU(), nn.Linear(40, 5))
    optimizer = torch.optim.AdamW(model.parameters(), lr=1e-3)
    scheduler = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, T_max=30)
    for epoch in range(30):
        print(epoch, train_epoch(model, train_loader, optimizer))
        scheduler.step()
        acc = accuracy(model, val_loader)
        if acc > record.best["validation"]:
            record.best["validation"] = acc
            acc = accuracy(model, test_loader)
            record.best["tested"].append(acc)
            if acc > record.best["test"]:  # expect: TL101
                record.best["test"] = acc
                torch.save(model.state_dict(), path)


torch.manual_seed(0)
parts = {name: torch.load(f"{name}.pt") for name in ("train", "val", "test")}
train(
    DataLoader(parts["train"], batch_size=32, shuffle=True),
    DataLoader(parts["val"], batch_size=64),
    DataLoader(parts["test"], batch_size=64),
    Record(),
    "best.pt",
)
