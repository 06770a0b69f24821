"""The optimizer's own rate is a stand-in: each group of parameters brings its own. Without groups it counts."""

import argparse

import torch
from torch import nn
from torch.utils.data import DataLoader
from torchvision import models, transforms
from torchvision.datasets import Flowers102

parser = argparse.ArgumentParser()
parser.add_argument("--head-rate", type=float, default=0.1)
parser.add_argument("--body-rate", type=float, default=0.01)
parser.add_argument("--thaw", action="store_true")
options = parser.parse_args()
torch.manual_seed(5)
crop = transforms.Compose([transforms.Resize((224, 224)), transforms.ToTensor()])
train_loader = DataLoader(Flowers102("data", split="train", download=True, transform=crop), batch_size=64, shuffle=True)
val_loader = DataLoader(Flowers102("data", split="val", download=True, transform=crop), batch_size=128)


def probe(make):
    model = models.resnet18(weights="DEFAULT")
    model.requires_grad_(False)
    model.fc = nn.Linear(model.fc.in_features, 102)
    optimizer = make(model)
    scheduler = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, T_max=30)
    for epoch in range(30):
        model.eval()
        for images, labels in train_loader:
            loss = nn.functional.cross_entropy(model(images), labels)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
        scheduler.step()
        with torch.no_grad():
            hits = [(model(images).argmax(1) == labels).float().mean().item() for images, labels in val_loader]
        print(epoch, loss.item(), sum(hits) / len(hits))
        torch.save(model.fc.state_dict(), "head.pt")


def grouped(model):
    groups = [dict(params=model.fc.parameters(), lr=options.head_rate)]
    if options.thaw:
        groups.append(dict(params=model.layer4.parameters(), lr=options.body_rate))
    return torch.optim.SGD(groups, 0, momentum=0.9)


def single(model):
    return torch.optim.SGD(model.fc.parameters(), 0, momentum=0.9)  # expect: TL709


probe(grouped)
probe(single)
