"""Activations in front of classification losses: over scores they are wrong, over distances and inside they are right."""

import torch
from torch import nn
from torch.nn import functional as F


class OldStyleDigits(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc1 = nn.Linear(64, 32)
        self.fc2 = nn.Linear(32, 10)

    def forward(self, x):
        x = F.relu(self.fc1(x))
        x = F.dropout(x, training=self.training)
        x = F.relu(self.fc2(x))  # expect: TL607
        return F.log_softmax(x, dim=1)


class Verification(nn.Module):
    """Compares two faces: the weights of the distance decide, and they have either sign."""

    def __init__(self):
        super().__init__()
        self.embed = nn.Sequential(nn.Linear(64, 16), nn.ReLU())
        self.head = nn.Linear(16, 1)

    def forward(self, a, b):
        return self.head(torch.abs(self.embed(a) - self.embed(b)))  # clean: a distance of features, before the last layer


class Prototypes(nn.Module):
    def __init__(self):
        super().__init__()
        self.embed = nn.Linear(64, 16)
        self.prototypes = nn.Parameter(torch.randn(10, 16))

    def forward(self, x):
        distances = (self.embed(x)[:, None] - self.prototypes).abs().sum(-1)
        return -distances  # clean: minus a distance is the score of a prototype network


class Squeezed(nn.Module):
    def __init__(self):
        super().__init__()
        self.features = nn.Sequential(nn.Conv2d(1, 8, 3), nn.ReLU(), nn.Conv2d(8, 10, 1))

    def forward(self, x):
        x = F.relu(self.features(x))  # clean: SqueezeNet as published, the mean follows
        return x.mean((2, 3))


torch.manual_seed(0)
x, labels = torch.randn(16, 64), torch.randint(0, 10, (16,))
same = (labels == labels.roll(1)).float()[:, None]
head = nn.Sequential(
    nn.Linear(64, 32),
    nn.ReLU(),
    nn.Linear(32, 1),
    nn.ReLU(),  # expect: TL607
)
print(F.nll_loss(OldStyleDigits()(x), labels).item())
print(F.binary_cross_entropy_with_logits(Verification()(x, x.roll(1, 0)), same).item())
print(F.cross_entropy(Prototypes()(x), labels).item())
print(F.cross_entropy(Squeezed()(x.view(16, 1, 8, 8)), labels).item())
print(nn.BCEWithLogitsLoss()(head(x), same).item())
