"""Trains a network on scanned digits: `python train.py --epochs 30`."""

import argparse

import torch
import torch.nn as nn

from data import load_data
from model import DigitNet


def train_one_epoch(model, loader, criterion, optimizer):
    total = 0
    for images, labels in loader:
        loss = criterion(model(images), labels)
        loss.backward()
        optimizer.step()
        total += loss
    return total / len(loader)


def accuracy(model, loader):
    model.eval()
    correct = seen = 0
    for images, labels in loader:
        correct += (model(images).argmax(1) == labels).sum().item()
        seen += len(labels)
    return correct / seen


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--epochs", type=int, default=30)
    parser.add_argument("--batch-size", type=int, default=32)
    parser.add_argument("--lr", type=float, default=0.05)
    args = parser.parse_args()

    train_loader, test_loader = load_data(args.batch_size)
    model = DigitNet()
    criterion = nn.CrossEntropyLoss()
    optimizer = torch.optim.SGD(model.parameters(), lr=args.lr)
    scheduler = torch.optim.lr_scheduler.StepLR(optimizer, step_size=10, gamma=0.5)

    best = 0.0
    model.train()
    for epoch in range(args.epochs):
        loss = train_one_epoch(model, train_loader, criterion, optimizer)
        score = accuracy(model, test_loader)
        print(f"epoch {epoch}: loss {loss:.3f}, accuracy {score:.3f}")
        if score > best:
            best = score
            torch.save(model, "digits.pt")
    print(f"best accuracy: {best:.3f}")


if __name__ == "__main__":
    main()
