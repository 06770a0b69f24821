"""Validation chooses, the test accuracy of the same epoch is noted down beside it."""

import copy

import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset, random_split


def loaders(batch_size=32):
    torch.manual_seed(3)
    data = TensorDataset(torch.randn(400, 12), torch.randint(0, 3, (400,)))
    parts = dict(zip(["train", "val", "test"], random_split(data, [280, 60, 60])))
    return {name: DataLoader(part, batch_size=batch_size, shuffle=name == "train") for name, part in parts.items()}


@torch.no_grad()
def accuracy(model, loader):
    model.eval()
    correct = sum((model(x).argmax(1) == y).sum().item() for x, y in loader)
    return correct / len(loader.dataset)


def train_model(model, epochs=5):
    data = loaders()
    optimizer = torch.optim.AdamW(model.parameters(), lr=1e-3)
    scheduler = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, T_max=epochs)
    best_acc, test_acc, best_weights = 0.0, 0.0, copy.deepcopy(model.state_dict())
    for epoch in range(epochs):
        model.train()
        for x, y in data["train"]:
            optimizer.zero_grad()
            loss = nn.functional.cross_entropy(model(x), y)
            loss.backward()
            optimizer.step()
        scheduler.step()
        val_acc, now = accuracy(model, data["val"]), accuracy(model, data["test"])  # clean: TL114 is advice
        print(epoch, loss.item(), val_acc)
        if val_acc > best_acc:  # clean: validation decides, the test number only goes along
            best_acc, test_acc = val_acc, now
            best_weights = copy.deepcopy(model.state_dict())
            torch.save(best_weights, "best.pt")
    model.load_state_dict(best_weights)
    return best_acc, test_acc


print(train_model(nn.Sequential(nn.Linear(12, 32), nn.ReLU(), nn.Linear(32, 3))))
