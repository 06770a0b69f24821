"""Each round of the outer loop sets the network back and trains it from scratch; that an option asks for it changes nothing."""

import argparse

import torch
from torch import nn
from torch.utils.data import DataLoader, random_split
from torchvision import transforms
from torchvision.datasets import KMNIST


class Reader(nn.Module):
    def __init__(self):
        super().__init__()
        self.hidden = nn.Linear(784, 200)
        self.scores = nn.Linear(200, 10)

    def reset_parameters(self):
        self.hidden.reset_parameters()
        self.scores.reset_parameters()

    def forward(self, images):
        return self.scores(self.hidden(images.flatten(1)).relu())


@torch.no_grad()
def accuracy(model, loader):
    model.eval()
    hits = [(model(images).argmax(1) == labels).float().mean().item() for images, labels in loader]
    return sum(hits) / len(hits)


def repeat(model, train_loader, val_loader, runs, epochs):
    best = []
    for run in range(runs):
        model.to("cuda").reset_parameters()
        optimizer = torch.optim.AdamW(model.parameters(), lr=1e-3)
        scheduler = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, T_max=epochs)
        reached = 0.0
        for epoch in range(epochs):  # expect: TL901
            model.train()
            for images, labels in train_loader:
                loss = nn.functional.cross_entropy(model(images), labels)
                optimizer.zero_grad()
                loss.backward()
                optimizer.step()
            scheduler.step()
            now = accuracy(model, val_loader)
            print(run, epoch, loss.item(), now)
            reached = max(reached, now)
        best.append(reached)
    return best


parser = argparse.ArgumentParser()
parser.add_argument("--runs", type=int, default=10)
parser.add_argument("--epochs", type=int, default=20)
parser.add_argument("--only-time", action="store_true")
options = parser.parse_args()
torch.manual_seed(8)
data = KMNIST("data", train=True, download=True, transform=transforms.ToTensor())
train_part, val_part = random_split(data, [50000, 10000])
train_batches, val_batches = DataLoader(train_part, batch_size=128, shuffle=True), DataLoader(val_part, batch_size=500)
network = Reader()
if not options.only_time:
    print(repeat(network, train_batches, val_batches, options.runs, options.epochs))
else:
    print(accuracy(network, val_batches))
