"""A switch that is set inside a function offers what it guards."""

import torch
from torch import nn
from torch.utils.data import DataLoader, random_split
from torchvision import datasets, transforms


def main():
    save_model = False  # set this to keep the weights
    save_every = 5
    torch.manual_seed(12)
    network = nn.Sequential(nn.Flatten(), nn.Linear(3072, 256), nn.ReLU(), nn.Linear(256, 100))
    whole = datasets.CIFAR100("data", train=True, transform=transforms.ToTensor())
    train_set, val_set = random_split(whole, [45000, 5000])
    train_loader = DataLoader(train_set, batch_size=128, shuffle=True)
    val_loader = DataLoader(val_set, batch_size=256)
    optimizer = torch.optim.SGD(network.parameters(), lr=0.05, momentum=0.9)
    scheduler = torch.optim.lr_scheduler.StepLR(optimizer, step_size=15)
    criterion = nn.CrossEntropyLoss()
    for epoch in range(50):  # clean: saving is offered
        for images, labels in train_loader:
            optimizer.zero_grad()
            loss = criterion(network(images), labels)
            loss.backward()
            optimizer.step()
        scheduler.step()
        with torch.no_grad():
            right = sum((network(images).argmax(1) == labels).sum().item() for images, labels in val_loader)
        print(epoch, loss.item(), right / len(val_set))
        if save_model and epoch % save_every == 0:
            torch.save(network.state_dict(), f"network_{epoch}.pt")


if __name__ == "__main__":
    main()
