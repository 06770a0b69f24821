"""Which schedule is stepped, only the settings know: most of them want no metric. Where it is a plateau schedule, it wants one."""

import json

import torch
from torch import nn
from torch.optim import lr_scheduler
from torch.utils.data import DataLoader, TensorDataset, random_split

SCHEDULES = {
    "step": lr_scheduler.StepLR,
    "cosine": lr_scheduler.CosineAnnealingLR,
    "plateau": lr_scheduler.ReduceLROnPlateau,
}


def make_scheduler(settings, optimizer):
    kind = settings["type"].lower()
    if kind not in SCHEDULES:
        raise ValueError(kind)
    return SCHEDULES[kind](optimizer, **{key: value for key, value in settings.items() if key != "type"})


def fit(model, optimizer, scheduler, train_loader, val_loader, epochs=10):
    criterion = nn.MSELoss()
    for epoch in range(epochs):
        model.train()
        for inputs, targets in train_loader:
            loss = criterion(model(inputs), targets)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
        model.eval()
        with torch.no_grad():
            val_loss = sum(criterion(model(inputs), targets).item() for inputs, targets in val_loader)
        scheduler.step()  # expect: TL704
        print(epoch, loss.item(), val_loss)
        torch.save(model.state_dict(), "last.pt")


def fit_by_settings(model, optimizer, scheduler, train_loader, val_loader, epochs=10):
    criterion = nn.MSELoss()
    for epoch in range(epochs):
        model.train()
        for inputs, targets in train_loader:
            loss = criterion(model(inputs), targets)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
        model.eval()
        with torch.no_grad():
            val_loss = sum(criterion(model(inputs), targets).item() for inputs, targets in val_loader)
        scheduler.step()  # clean: the settings say by which schedule
        print(epoch, loss.item(), val_loss)
        torch.save(model.state_dict(), "last.pt")


if __name__ == "__main__":
    torch.manual_seed(0)
    parts = random_split(TensorDataset(torch.randn(200, 4), torch.randn(200, 1)), [160, 40])
    loaders = DataLoader(parts[0], 16, shuffle=True), DataLoader(parts[1], 16)
    model = nn.Linear(4, 1)
    optimizer = torch.optim.AdamW(model.parameters(), lr=1e-3)
    with open("settings.json") as file:
        settings = json.load(file)
    fit_by_settings(model, optimizer, make_scheduler(settings["scheduler"], optimizer), *loaders)
    model = nn.Linear(4, 1)
    optimizer = torch.optim.AdamW(model.parameters(), lr=1e-3)
    fit(model, optimizer, lr_scheduler.ReduceLROnPlateau(optimizer), *loaders)
