"""Commands with the name of the method that they call: what either of them saves is saved."""

import click
import torch
from torch import nn
from torch.utils.data import DataLoader, Subset, random_split
from torchvision import datasets, transforms


class Workshop:
    def __init__(self, network):
        self.network = network
        self.criterion = nn.CrossEntropyLoss()
        self.optimizer = torch.optim.SGD(network.parameters(), lr=0.01, momentum=0.9)
        self.scheduler = torch.optim.lr_scheduler.StepLR(self.optimizer, step_size=10)

    def train(self, train_loader, val_loader, epochs=25, keep=True):
        for epoch in range(epochs):  # clean: one of the commands saves what is learnt here
            self.network.train()
            for images, labels in train_loader:
                self.optimizer.zero_grad()
                loss = self.criterion(self.network(images), labels)
                loss.backward()
                self.optimizer.step()
            self.scheduler.step()
            print(epoch, loss.item(), self.measure(val_loader))
        if keep:
            torch.save(self.network.state_dict(), "food.pt")

    @torch.no_grad()
    def measure(self, loader):
        self.network.eval()
        return sum((self.network(images).argmax(1) == labels).sum().item() for images, labels in loader)


def build():
    return nn.Sequential(nn.Flatten(), nn.Linear(3 * 64 * 64, 64), nn.ReLU(), nn.Linear(64, 101))


def food():
    resize = transforms.Compose([transforms.Resize((64, 64)), transforms.ToTensor()])
    return datasets.Food101("data", split="train", transform=resize)


@click.group()
def cli():
    torch.manual_seed(1)


@cli.command("train")
def train():
    train_set, val_set = random_split(food(), [0.9, 0.1], torch.Generator().manual_seed(1))
    workshop = Workshop(build())
    workshop.train(DataLoader(train_set, batch_size=64, shuffle=True), DataLoader(val_set, batch_size=64))


@cli.command("compare")
def compare():
    whole = food()
    for fold in range(3):
        held_out = [i for i in range(len(whole)) if i % 3 == fold]
        used = [i for i in range(len(whole)) if i % 3 != fold]
        workshop = Workshop(build())
        workshop.train(
            DataLoader(Subset(whole, used), batch_size=64, shuffle=True),
            DataLoader(Subset(whole, held_out), batch_size=64),
            keep=False,
        )


if __name__ == "__main__":
    cli()
