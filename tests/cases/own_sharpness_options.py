"""One of two optimizers that climb first, as an option says; each steps and zeroes in a method of its own."""

import argparse

import torch
from torch import nn
from torch.utils.data import DataLoader, random_split
from torchvision import datasets, transforms


class Climber:
    def __init__(self, base, network, radius):
        self.base, self.network, self.radius = base, network, radius
        self.moved = {}

    @torch.no_grad()
    def climb(self):
        grads = [p.grad for p in self.network.parameters() if p.grad is not None]
        norm = torch.stack([grad.norm() for grad in grads]).norm() + 1e-12
        for p in self.network.parameters():
            if p.grad is not None:
                self.moved[p] = self.scale(p) * p.grad * self.radius / norm
                p.add_(self.moved[p])
        self.base.zero_grad()  # clean: these gradients have been used

    def scale(self, p):
        return 1.0

    @torch.no_grad()
    def descend(self):
        for p, move in self.moved.items():
            p.sub_(move)
        self.base.step()
        self.base.zero_grad()  # clean: after the step


class Adaptive(Climber):
    def scale(self, p):
        return p.abs()


parser = argparse.ArgumentParser()
parser.add_argument("--adaptive", choices=["yes", "no"], required=True)
parser.add_argument("--epochs", type=int, default=30)


def climber(options, network):
    if options.adaptive == "yes":
        inner = torch.optim.SGD(network.parameters(), lr=0.1, momentum=0.9)
        return Adaptive(inner, network, 0.5)
    inner = torch.optim.SGD(network.parameters(), lr=0.05, momentum=0.9)
    return Climber(inner, network, 0.05)


def main():
    options = parser.parse_args()
    torch.manual_seed(6)
    whole = datasets.SVHN("data", split="train", transform=transforms.ToTensor())
    train_set, val_set = random_split(whole, [0.9, 0.1])
    train_loader = DataLoader(train_set, batch_size=128, shuffle=True)
    val_loader = DataLoader(val_set, batch_size=256)
    network = nn.Sequential(nn.Flatten(), nn.Linear(3072, 128), nn.ReLU(), nn.Linear(128, 10))
    optimizer = climber(options, network)
    scheduler = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer.base, T_max=options.epochs)
    criterion = nn.CrossEntropyLoss()
    for epoch in range(options.epochs):
        for images, labels in train_loader:
            criterion(network(images), labels).backward()
            optimizer.climb()
            loss = criterion(network(images), labels)
            loss.backward()
            optimizer.descend()
        scheduler.step()
        right = 0
        with torch.no_grad():
            for images, labels in val_loader:
                right += (network(images).argmax(1) == labels).sum().item()
        print(epoch, loss.item(), right / len(val_set))
        torch.save(network.state_dict(), "svhn.pt")


if __name__ == "__main__":
    main()
