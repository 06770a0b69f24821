"""Options whose defaults the program refuses: what it does with those that people give is what counts."""

import argparse
from pathlib import Path

import torch
from torch import nn
from torch.utils.data import DataLoader, random_split
from torchvision import datasets, transforms

parser = argparse.ArgumentParser()
parser.add_argument("--kind", type=str, default=None, help="linear or deep")
parser.add_argument("--data", type=str, default=None)
parser.add_argument("--resume", type=str, default=None)
parser.add_argument("--epochs", type=int, default=20)


def built(kind):
    if kind == "linear":
        return nn.Sequential(nn.Flatten(), nn.Linear(784, 10))
    if kind == "deep":
        return nn.Sequential(nn.Flatten(), nn.Linear(784, 64), nn.BatchNorm1d(64), nn.ReLU(), nn.Linear(64, 10))
    print("no such network", kind)
    return None


def found(options):
    if options.resume:
        return Path(options.resume)
    return None


def main():
    options = parser.parse_args()
    if options.kind not in ("linear", "deep"):
        print("--kind is needed")
        exit(2)
    if options.data == "digits":
        whole = datasets.MNIST("data", train=True, transform=transforms.ToTensor())
    elif options.data == "clothes":
        whole = datasets.FashionMNIST("data", train=True, transform=transforms.ToTensor())
    else:
        raise ValueError("--data is digits or clothes")
    torch.manual_seed(2)
    train_set, val_set = random_split(whole, [0.9, 0.1])
    train_loader = DataLoader(train_set, batch_size=64, shuffle=True)
    val_loader = DataLoader(val_set, batch_size=256)
    network = built(options.kind)
    if not network:
        exit(3)
    optimizer = torch.optim.Adam(network.parameters(), lr=1e-3)
    scheduler = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, T_max=options.epochs)
    criterion = nn.CrossEntropyLoss()
    start = 0
    earlier = found(options)
    if earlier and earlier.is_file():
        saved = torch.load(earlier)
        network.load_state_dict(saved["network"])  # expect: TL902
        optimizer.load_state_dict(saved["optimizer"])
        start = saved["epoch"] + 1
    for epoch in range(start, options.epochs):
        network.train()
        for images, labels in train_loader:
            optimizer.zero_grad()
            loss = criterion(network(images), labels)
            loss.backward()
            optimizer.step()
        scheduler.step()
        right = 0
        for images, labels in val_loader:  # expect: TL506, TL504
            right += (network(images).argmax(1) == labels).sum().item()
        print(epoch, loss.item(), right / len(val_set))
        state = {"network": network.state_dict(), "optimizer": optimizer.state_dict(), "epoch": epoch}
        torch.save(state, "last.pt")


if __name__ == "__main__":
    main()
