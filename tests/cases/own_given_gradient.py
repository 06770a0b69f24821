"""An image is drawn uphill through a frozen network: `backward()` is given the gradient to begin with, which has no graph and needs
none."""

import torch
from torch import nn


def themselves(features, guide):
    return features.data


def towards(features, guide):
    return guide.detach() - features.detach()


def dream(image, network, guide=None, direction=themselves, steps=20, rate=0.02):
    for _ in range(steps):
        network.zero_grad()
        picture = image.clone().requires_grad_(True)
        features = network(picture)
        features.backward(direction(features, guide))  # clean: the features are gone back from, this is their gradient
        image = image + rate * picture.grad / picture.grad.abs().mean()
    return image


network = nn.Sequential(nn.Conv2d(3, 8, 3), nn.ReLU(), nn.Conv2d(8, 16, 3)).eval()
for parameter in network.parameters():
    parameter.requires_grad = False
start = torch.rand(1, 3, 32, 32)
print(dream(start, network).mean())
print(dream(start, network, network(torch.rand(1, 3, 32, 32)), towards).mean())

head = nn.Linear(16, 1)
optimizer = torch.optim.Adagrad(head.parameters(), lr=0.1)
for step in range(100):
    loss = head(torch.rand(8, 16)).mean().detach()  # expect: TL509
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
