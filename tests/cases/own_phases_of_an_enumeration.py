"""One function for all phases, told apart by the members of an enumeration: only one of them trains."""

import enum

import torch
from torch import nn
from torch.utils.data import DataLoader


class Phase(enum.Enum):
    TRAIN = (0,)
    VALID = (1,)
    TEST = 2


class Layout(str, enum.Enum):
    PACKED = "packed"
    DENSE = "dense"


def loaders_of(layout, files):
    if layout == Layout.DENSE.value:
        return files["train"], files["valid"], files["test"], 64
    elif layout == Layout.PACKED:
        return files["train"], files["rest"]
    raise ValueError(layout)


def make_pass(network, criterion, optimizer):
    def run(phase, loader):
        if phase is Phase.TRAIN:
            network.train()
        else:
            network.eval()
        total = 0.0
        for signal, target in loader:
            loss = criterion(network(signal), target)
            if phase is Phase.TRAIN:
                optimizer.zero_grad()
                loss.backward()
                optimizer.step()
            total += loss.item()
        return total / len(loader)

    return run


def main(files, layout):
    train_set, valid_set, test_set, size = loaders_of(layout, files)
    train_loader = DataLoader(train_set, batch_size=size, shuffle=True)
    valid_loader, test_loader = DataLoader(valid_set, batch_size=size), DataLoader(test_set, batch_size=size)
    network = nn.Sequential(nn.Linear(40, 80), nn.Dropout(0.2), nn.ReLU(), nn.Linear(80, 6))
    optimizer = torch.optim.AdamW(network.parameters(), lr=1e-3)
    scheduler = torch.optim.lr_scheduler.StepLR(optimizer, step_size=10)
    run = make_pass(network, nn.CrossEntropyLoss(), optimizer)
    for epoch in range(30):
        train_loss = run(Phase.TRAIN, train_loader)
        with torch.no_grad():
            valid_loss = run(Phase.VALID, valid_loader)
        scheduler.step()
        print(Phase.VALID.name, epoch, train_loss, valid_loss)
        torch.save(network.state_dict(), f"epoch_{epoch}.pt")
    with torch.no_grad():
        print(Phase.TEST.value, run(Phase.TEST, test_loader))
