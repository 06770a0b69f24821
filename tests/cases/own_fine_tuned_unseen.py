"""Pretraining tells its loss, and the fine-tuning after it on the same data tells nothing."""

import torch
from torch import nn
from torch.utils.data import DataLoader, random_split
from torchvision import datasets, transforms

torch.manual_seed(17)
images = datasets.CIFAR10("data", train=True, transform=transforms.ToTensor())
train_set, val_set = random_split(images, [45000, 5000])
train_loader = DataLoader(train_set, batch_size=128, shuffle=True)
val_loader = DataLoader(val_set, batch_size=256)
model = nn.Sequential(nn.Flatten(), nn.Linear(3072, 256), nn.ReLU(), nn.Linear(256, 10))
criterion = nn.CrossEntropyLoss()


def accuracy():
    with torch.no_grad():
        return sum((model(x).argmax(1) == y).sum().item() for x, y in val_loader) / len(val_set)


optimizer = torch.optim.SGD(model.parameters(), lr=0.1, momentum=0.9)
scheduler = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, T_max=40)
for epoch in range(40):  # clean: its mean loss is printed
    total = 0.0
    for x, y in train_loader:
        optimizer.zero_grad()
        loss = criterion(model(x), y)
        loss.backward()
        optimizer.step()
        total += loss.item()
    scheduler.step()
    print(epoch, total / len(train_loader), accuracy())
    torch.save(model.state_dict(), "mlp.pt")

optimizer = torch.optim.SGD(model[-1:].parameters(), lr=0.01, momentum=0.9)
scheduler = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, T_max=8)
for epoch in range(8):  # expect: TL801
    for x, y in train_loader:
        optimizer.zero_grad()
        outputs = model(x)
        loss = criterion(outputs, y)
        loss.backward()
        optimizer.step()
    scheduler.step()
    print("fine-tuned", epoch, accuracy())
    torch.save(model.state_dict(), "fine_tuned.pt")
