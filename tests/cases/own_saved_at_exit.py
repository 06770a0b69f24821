"""The weights are saved when the program ends, however it ends."""

import atexit

import torch
from torch import nn
from torch.utils.data import DataLoader
from torchvision import datasets, transforms

def main(keep=True, epochs=30):
    torch.manual_seed(3)
    to_tensor = transforms.ToTensor()
    train_loader = DataLoader(datasets.CIFAR100("data", transform=to_tensor), batch_size=128, shuffle=True)
    val_loader = DataLoader(datasets.CIFAR100("data", train=False, transform=to_tensor), batch_size=256)
    model = nn.Sequential(nn.Flatten(), nn.Linear(3072, 256), nn.ReLU(), nn.Linear(256, 100))
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1, momentum=0.9)
    scheduler = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, T_max=epochs)
    if keep:
        atexit.register(lambda: torch.save(model.state_dict(), "last.pt"))
    for epoch in range(epochs):  # clean: the weights are saved in the end
        total = 0.0
        for x, y in train_loader:
            optimizer.zero_grad()
            loss = nn.functional.cross_entropy(model(x), y)
            loss.backward()
            optimizer.step()
            total += loss.item()
        scheduler.step()
        correct = 0
        with torch.no_grad():
            for x, y in val_loader:  # expect: TL102
                correct += (model(x).argmax(1) == y).sum().item()
        print(epoch, total / len(train_loader), correct / len(val_loader.dataset))


if __name__ == "__main__":
    main()
