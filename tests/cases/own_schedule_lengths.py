"""Schedules beside the length of the training that they step in."""

import argparse

import torch
from torch import nn, optim
from torch.optim.lr_scheduler import CosineAnnealingLR, LinearLR, MultiStepLR, OneCycleLR, PolynomialLR, SequentialLR, StepLR
from torch.utils.data import DataLoader, TensorDataset

parser = argparse.ArgumentParser()
parser.add_argument("--epochs", type=int, default=30)
parser.add_argument("--cycle", type=int, default=10)


def fit(make_schedule, loaders, epochs, name, *, by_batch=False):
    train_loader, val_loader = loaders
    model = nn.Sequential(nn.Linear(5, 16), nn.ReLU(), nn.Linear(16, 1))
    optimizer = optim.SGD(model.parameters(), lr=0.02, momentum=0.9)
    schedule = make_schedule(optimizer)
    for epoch in range(epochs):
        model.train()
        for x, y in train_loader:
            optimizer.zero_grad()
            loss = nn.functional.mse_loss(model(x), y)
            loss.backward()
            optimizer.step()
            if by_batch:
                schedule.step()
        if not by_batch:
            schedule.step()
        model.eval()
        with torch.no_grad():
            val_loss = sum(nn.functional.mse_loss(model(x), y).item() for x, y in val_loader) / len(val_loader)
        print(name, epoch, loss.item(), val_loss)
        torch.save(model.state_dict(), f"{name}.pt")


def main():
    args = parser.parse_args([])
    torch.manual_seed(21)
    x = torch.randn(260, 5)
    y = x.square().sum(1, keepdim=True)
    train_loader = DataLoader(TensorDataset(x[:200], y[:200]), batch_size=20, shuffle=True)
    val_loader = DataLoader(TensorDataset(x[200:], y[200:]), batch_size=60)
    loaders = train_loader, val_loader

    fit(lambda o: CosineAnnealingLR(o, T_max=args.cycle), loaders, args.epochs, "cycles")  # clean: three half cycles
    fit(lambda o: CosineAnnealingLR(o, T_max=29), loaders, args.epochs, "nearly")  # clean: one round less
    fit(lambda o: MultiStepLR(o, [10, 20]), loaders, args.epochs, "steps")
    fit(lambda o: MultiStepLR(o, [3, 6, 9, 12]), loaders, args.epochs, "hasty")  # expect: TL710
    fit(lambda o: StepLR(o, step_size=2, gamma=0.5), loaders, args.epochs, "halved")  # clean: 0.008 after half
    fit(lambda o: StepLR(o, step_size=1, gamma=0.5), loaders, args.epochs, "halved_each")  # expect: TL710
    fit(lambda o: MultiStepLR(o, [20, 40]), loaders, args.epochs, "late")  # expect: TL714
    fit(lambda o: PolynomialLR(o, total_iters=12), loaders, args.epochs, "early")  # expect: TL714
    fit(lambda o: CosineAnnealingLR(o, 100), loaders, args.epochs, "long")  # expect: TL714
    fit(
        lambda o: OneCycleLR(o, 0.1, epochs=20, steps_per_epoch=len(train_loader)),  # expect: TL714
        loaders,
        args.epochs,
        "one_cycle",
        by_batch=True,
    )
    fit(
        lambda o: SequentialLR(o, [LinearLR(o, 0.1, total_iters=5), CosineAnnealingLR(o, 25)], [5]),  # clean: 5 and 25
        loaders,
        args.epochs,
        "warm",
    )


if __name__ == "__main__":
    main()
