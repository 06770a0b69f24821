"""By default the program shows how the saved network does; `--train` trains it, which is what is asked about then."""

import argparse

import torch
from torch import nn
from torch.utils.data import DataLoader
from torchvision import datasets, transforms


def accuracy(model, loader):
    model.eval()
    with torch.no_grad():
        return sum((model(images).argmax(1) == labels).sum().item() for images, labels in loader) / len(loader.dataset)


def train(model, train_loader, test_loader, args):
    optimizer = torch.optim.SGD(model.parameters(), lr=args.lr)  # expect: TL708
    scheduler = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, T_max=args.epochs)
    criterion = nn.CrossEntropyLoss()
    best = 0.0
    for epoch in range(args.epochs):
        model.train()
        for images, labels in train_loader:
            optimizer.zero_grad()
            loss = criterion(model(images).softmax(dim=1), labels)  # expect: TL601
            loss.backward()
            optimizer.step()
        scheduler.step()
        correct = accuracy(model, test_loader)
        print(epoch, loss.item(), correct)
        if correct > best:  # expect: TL101
            best = correct
            torch.save(model.state_dict(), args.weights)
        if args.keep_all:
            torch.save(model, f"{epoch}.pt")  # clean: another option's, which stays off


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--train", action="store_true")
    parser.add_argument("--keep-all", action="store_true")
    parser.add_argument("--lr", type=float, default=0.05)
    parser.add_argument("--epochs", type=int, default=30)
    parser.add_argument("--weights", default="best.pt")
    args = parser.parse_args()
    train_set = datasets.SVHN("data", split="train", transform=transforms.ToTensor())
    test_set = datasets.SVHN("data", split="test", transform=transforms.ToTensor())
    test_loader = DataLoader(test_set, batch_size=256)
    model = nn.Sequential(nn.Flatten(), nn.Linear(3072, 256), nn.ReLU(), nn.Dropout(), nn.Linear(256, 10))
    if args.train:
        train(model, DataLoader(train_set, batch_size=64, shuffle=True), test_loader, args)
    else:
        model.load_state_dict(torch.load(args.weights))
        print("accuracy", accuracy(model, test_loader))


if __name__ == "__main__":
    main()
