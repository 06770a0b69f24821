# A learning rate range test: it trains for a few hundred steps and throws the network away.
# clean: needs neither validation nor a checkpoint
import matplotlib.pyplot as plt
import torch
from torch import nn
from torch.utils.data import DataLoader
from torchvision import transforms
from torchvision.datasets import FashionMNIST

LOW, HIGH, STEPS = 1e-6, 1.0, 300

torch.manual_seed(3)
train_set = FashionMNIST("data", train=True, download=True, transform=transforms.ToTensor())
train_loader = DataLoader(train_set, batch_size=128, shuffle=True, drop_last=True)
model = nn.Sequential(nn.Flatten(), nn.Linear(784, 256), nn.ReLU(), nn.Linear(256, 10))
criterion = nn.CrossEntropyLoss()
optimizer = torch.optim.SGD(model.parameters(), lr=LOW, momentum=0.9)
scheduler = torch.optim.lr_scheduler.LambdaLR(optimizer, lambda step: (HIGH / LOW) ** (step / STEPS))

rates, losses = [], []
while len(rates) < STEPS:
    for images, labels in train_loader:
        optimizer.zero_grad()
        loss = criterion(model(images), labels)
        loss.backward()
        optimizer.step()
        rates.append(scheduler.get_last_lr()[0])
        losses.append(loss.item())
        scheduler.step()
        if len(rates) == STEPS:
            break

plt.semilogx(rates, losses)
plt.savefig("range.png")
