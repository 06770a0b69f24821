"""A network whose `train` is its training: its frozen encoder is in eval mode since it was made, and nothing else differs."""

import torch
from torch import nn
from torch.utils.data import DataLoader
from torchvision import datasets, models, transforms

torch.manual_seed(5)
WEIGHTS = models.ResNet18_Weights.IMAGENET1K_V1


class Probe(nn.Module):
    def __init__(self):
        super().__init__()
        self.encoder = models.resnet18(weights=WEIGHTS)
        self.encoder.fc = nn.Identity()
        self.encoder.requires_grad_(False)
        self.encoder.eval()
        self.head = nn.Linear(512, 10)

    def forward(self, x):
        return self.head(self.encoder(x))

    def train(self, loader, optimizer, epochs):
        criterion = nn.CrossEntropyLoss()
        for _ in range(epochs):  # expect: TL104, TL801
            for x, y in loader:
                optimizer.zero_grad()
                criterion(self(x), y).backward()
                optimizer.step()


train_set = datasets.CIFAR10("data", train=True, transform=WEIGHTS.transforms())
test_set = datasets.CIFAR10("data", train=False, transform=WEIGHTS.transforms())
probe = Probe()
optimizer = torch.optim.SGD(probe.head.parameters(), lr=0.1, momentum=0.9)  # expect: TL701
probe.train(DataLoader(train_set, batch_size=128, shuffle=True), optimizer, epochs=10)
torch.save(probe.head.state_dict(), "probe.pt")
correct = 0
with torch.no_grad():
    for x, y in DataLoader(test_set, batch_size=256):
        correct += (probe(x).argmax(1) == y).sum().item()  # clean: the encoder is in eval mode
print("test accuracy", correct / len(test_set))
