"""Parts of networks are frozen, or are meant to be."""

import argparse

import torch
from torch import nn


class Encoder(nn.Module):
    def __init__(self, requires_grads=True):
        super().__init__()
        self.requires_grads = requires_grads  # clean: its own option
        self.first = nn.Linear(8, 8)
        self.second = nn.Linear(8, 8)
        self.embedding = nn.Parameter(torch.zeros(8))
        self.embedding.requires_grad = False  # clean: a parameter

    def forward(self, x):
        x = self.second(self.first(x + self.embedding))
        return x if self.requires_grads else x.detach()


class Classifier(nn.Module):
    def __init__(self):
        super().__init__()
        self.encoder = Encoder()
        self.encoder.requires_grad = False  # expect: TL528
        self.head = nn.Linear(8, 2)

    def forward(self, x):
        return self.head(self.encoder(x))


args = argparse.Namespace()
args.require_grad = False  # clean: an option of the program's own
torch.manual_seed(0)
model = Classifier()
for name, weight in model.encoder.first.named_parameters():
    weight.requires_gard = args.require_grad  # expect: TL528
for module in model.children():
    module.requires_grad_(True)  # clean: the method
for parameter in model.encoder.second.parameters():
    parameter.requires_grad = False  # clean
x = torch.randn(4, 8)
x.required_grad = True  # expect: TL528
model(x).sum().backward()
print([name for name, p in model.named_parameters() if p.grad is not None], x.grad)
