"""What an early return or `continue` leaves to an option: a schedule, checkpoints, and a test that would decide."""

import argparse

import torch
from torch import nn
from torch.utils.data import DataLoader
from torchvision import datasets, transforms


def make_scheduler(optimizer, args):
    if args.schedule == "none":
        return None
    if args.schedule == "step":
        return torch.optim.lr_scheduler.StepLR(optimizer, step_size=5)
    return torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, T_max=args.epochs)


def save(model, args, epoch):
    if not args.save:
        return
    torch.save(model.state_dict(), f"model-{epoch}.pt")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--schedule", default="none")
    parser.add_argument("--epochs", type=int, default=20)
    parser.add_argument("--save", action="store_true")
    parser.add_argument("--choose-by-test", action="store_true")
    args = parser.parse_args()
    torch.manual_seed(0)
    data = datasets.MNIST("data", train=True, transform=transforms.ToTensor())
    train_set, val_set = torch.utils.data.random_split(data, [50000, 10000])
    train_loader = DataLoader(train_set, batch_size=64, shuffle=True)
    val_loader = DataLoader(val_set, batch_size=64)
    model = nn.Sequential(nn.Flatten(), nn.Linear(784, 10))
    optimizer = torch.optim.Adam(model.parameters(), lr=1e-3)  # clean: `--schedule step` is on offer
    test_loader = DataLoader(datasets.MNIST("data", train=False, transform=transforms.ToTensor()), batch_size=64)
    most = 0
    scheduler = make_scheduler(optimizer, args)
    for epoch in range(args.epochs):  # clean: so is `--save`
        total = 0.0
        for x, y in train_loader:
            optimizer.zero_grad()
            loss = nn.functional.cross_entropy(model(x), y)
            loss.backward()
            optimizer.step()
            total += loss.item()
        if scheduler is not None:
            scheduler.step()
        with torch.no_grad():
            val_loss = sum(nn.functional.cross_entropy(model(x), y).item() for x, y in val_loader)
        print(epoch, total / len(train_loader), val_loss / len(val_loader))
        save(model, args, epoch)
        if not args.choose_by_test:
            continue
        with torch.no_grad():
            right = sum((model(x).argmax(1) == y).sum().item() for x, y in test_loader)
        if right > most:  # clean: by an option that is off
            most = right


if __name__ == "__main__":
    main()
