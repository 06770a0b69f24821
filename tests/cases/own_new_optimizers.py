"""Optimizers that are made inside loops, rightly and wrongly."""

import copy

import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset


def network():
    return nn.Sequential(nn.Linear(6, 20), nn.ReLU(), nn.Linear(20, 2))


def evaluate(model, val_loader, name):
    model.eval()
    with torch.no_grad():
        losses = [nn.functional.cross_entropy(model(x), y).item() for x, y in val_loader]
    torch.save(model.state_dict(), name)
    return sum(losses) / len(losses)


def train_one_epoch(model, train_loader):
    optimizer = torch.optim.AdamW(model.parameters(), lr=1e-3)  # expect: TL713
    model.train()
    for x, y in train_loader:
        optimizer.zero_grad()
        loss = nn.functional.cross_entropy(model(x), y)
        loss.backward()
        optimizer.step()
    return loss.item()


def forgetful(train_loader, val_loader, epochs=10):
    model = network()
    for epoch in range(epochs):
        print("forgetful", epoch, train_one_epoch(model, train_loader), evaluate(model, val_loader, "forgetful.pt"))


def federated(clients, val_loader, rounds=10):
    shared = network()
    for number in range(rounds):
        updates = []
        for loader in clients:
            local = copy.deepcopy(shared)
            # A model of its own each round may well have an optimizer of its own; all have one rate.
            optimizer = torch.optim.SGD(local.parameters(), lr=0.05, momentum=0.9)  # expect: TL701
            local.train()
            for x, y in loader:
                optimizer.zero_grad()
                loss = nn.functional.cross_entropy(local(x), y)
                loss.backward()
                optimizer.step()
            print("client", loss.item())
            updates.append(local.state_dict())
        mean = {name: torch.stack([update[name] for update in updates]).mean(0) for name in updates[0]}
        shared.load_state_dict(mean)
        print("federated", number, evaluate(shared, val_loader, "federated.pt"))


def thawed(train_loader, val_loader, epochs=10):
    model = network()
    for parameter in model[0].parameters():
        parameter.requires_grad = False
    optimizer = torch.optim.AdamW(model[2].parameters(), lr=1e-3)
    scheduler = torch.optim.lr_scheduler.StepLR(optimizer, step_size=4)
    for epoch in range(epochs):
        if epoch == 5:
            for parameter in model[0].parameters():
                parameter.requires_grad = True
            optimizer = torch.optim.AdamW(model.parameters(), lr=1e-4)  # clean: once, for the thawed network
            scheduler = torch.optim.lr_scheduler.StepLR(optimizer, step_size=4)  # clean: and its schedule
        model.train()
        for x, y in train_loader:
            optimizer.zero_grad()
            loss = nn.functional.cross_entropy(model(x), y)
            loss.backward()
            optimizer.step()
        scheduler.step()
        print("thawed", epoch, loss.item(), evaluate(model, val_loader, "thawed.pt"))


def main():
    torch.manual_seed(3)
    x = torch.randn(400, 6)
    y = (x.sum(1) > 0).long()
    train_loader = DataLoader(TensorDataset(x[:320], y[:320]), batch_size=32, shuffle=True)
    val_loader = DataLoader(TensorDataset(x[320:], y[320:]), batch_size=80)
    clients = [DataLoader(TensorDataset(x[i::4], y[i::4]), batch_size=20, shuffle=True) for i in range(3)]
    forgetful(train_loader, val_loader)
    federated(clients, val_loader)
    thawed(train_loader, val_loader)


if __name__ == "__main__":
    main()
