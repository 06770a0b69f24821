"""Candidates of a search, which are kept as numbers; the winner is trained once more, and lost."""

import optuna
import torch
from torch import nn
from torch.utils.data import DataLoader, random_split
from torchvision import datasets, transforms

torch.manual_seed(0)
whole = datasets.KMNIST("data", train=True, download=True, transform=transforms.ToTensor())
train_set, val_set = random_split(whole, [50000, 10000])
train_loader = DataLoader(train_set, batch_size=128, shuffle=True)
val_loader = DataLoader(val_set, batch_size=512)


def build(width, rate):
    return nn.Sequential(nn.Flatten(), nn.Linear(784, width), nn.ReLU(), nn.Dropout(rate), nn.Linear(width, 10))


@torch.no_grad()
def accuracy(model):
    model.eval()
    right = sum((model(x).argmax(1) == y).sum().item() for x, y in val_loader)
    return right / len(val_set)


def one_epoch(model, optimizer):
    model.train()
    total = 0.0
    for x, y in train_loader:
        optimizer.zero_grad()
        loss = nn.functional.cross_entropy(model(x), y)
        loss.backward()
        optimizer.step()
        total += loss.item()
    print(total / len(train_loader))


def objective(trial):
    model = build(trial.suggest_int("width", 32, 512), trial.suggest_float("rate", 0.0, 0.5))
    optimizer = torch.optim.AdamW(model.parameters(), lr=trial.suggest_float("lr", 1e-4, 1e-2, log=True))
    scheduler = torch.optim.lr_scheduler.StepLR(optimizer, step_size=2, gamma=0.5)
    for epoch in range(5):  # clean: only the score of a candidate is wanted
        one_epoch(model, optimizer)
        scheduler.step()
        trial.report(accuracy(model), epoch)
    return accuracy(model)


def train_winner(width, rate, lr):
    model = build(width, rate)
    optimizer = torch.optim.AdamW(model.parameters(), lr=lr)
    scheduler = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, T_max=30)
    for _ in range(30):  # expect: TL901
        one_epoch(model, optimizer)
        scheduler.step()
        print(accuracy(model))


if __name__ == "__main__":
    study = optuna.create_study(direction="maximize")
    study.optimize(objective, n_trials=40)
    train_winner(**study.best_params)
