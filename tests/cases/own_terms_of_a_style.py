"""The losses of some layers each go back by themselves, and their sum is what L-BFGS is told: no rounds of a training hang
together. The batches of an epoch do."""

import torch
from torch import nn


class StyleTerm(nn.Module):
    def __init__(self, target, weight):
        super().__init__()
        self.target = target.detach() * weight
        self.weight = weight
        self.criterion = nn.MSELoss()

    def forward(self, features):
        self.loss = self.criterion(features * self.weight, self.target)
        return features

    def backward(self):
        self.loss.backward(retain_graph=True)
        return self.loss


def build(style, depth=8):
    network, terms = nn.Sequential(), []
    for index in range(depth):
        network.add_module(f"conv{index}", nn.Conv2d(3, 3, 3, padding=1))
        term = StyleTerm(network(style), 1000)
        network.add_module(f"style{index}", term)
        terms.append(term)
    return network, terms


picture = nn.Parameter(torch.rand(1, 3, 64, 64))
network, terms = build(torch.rand(1, 3, 64, 64))
optimizer = torch.optim.LBFGS([picture])
for step in range(30):

    def closure():
        optimizer.zero_grad()
        network(picture)
        score = 0
        for term in terms:
            score += term.backward()  # clean: a few terms, summed anew each time
        return score

    optimizer.step(closure)

model = nn.Linear(12, 1)
descent = torch.optim.Adagrad(model.parameters(), lr=0.1)
total = 0
for batch in range(200):
    loss = model(torch.rand(16, 12)).pow(2).mean()
    descent.zero_grad()
    loss.backward()
    descent.step()
    total += loss  # expect: TL507
print(total)
