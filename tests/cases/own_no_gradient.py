"""Operations without gradient on the way to a loss, and beside it."""

import torch
from torch import nn
from torch.nn import functional as F


def straight_through(scores):
    soft = scores.softmax(-1)
    hard = F.one_hot(scores.argmax(-1), scores.size(-1)).float()
    return hard - soft.detach() + soft  # clean: the soft path carries the gradient


def quantised(x):
    return x + (torch.round(x * 8) / 8 - x).detach()  # clean: straight through


def margin(positive, negative):
    gap = 1 - positive + negative
    return ((gap > 0).float() * gap).mean()  # clean: the comparison selects terms that have a gradient


def dice(scores, labels):
    chosen = torch.max(scores, 1)[1]  # expect: TL605
    overlap = (F.one_hot(chosen, 3) * F.one_hot(labels, 3)).sum()
    return 1 - 2 * overlap / (2 * len(labels))


torch.manual_seed(0)
student, teacher = nn.Linear(8, 3), nn.Linear(8, 3)
decoder, detector = nn.Linear(3, 8), nn.Linear(8, 1)
optimizer = torch.optim.AdamW([*student.parameters(), *decoder.parameters(), *detector.parameters()], lr=1e-3)
for step in range(20):
    x, y = torch.randn(16, 8), torch.randint(0, 3, (16,))
    scores = student(x)
    with torch.no_grad():
        pseudo = teacher(x).argmax(1)
    accuracy = (scores.argmax(1) == y).float().mean()  # clean: printed beside the loss
    loss = F.cross_entropy(scores, y) + 0.5 * F.cross_entropy(scores, pseudo)
    loss = loss + F.mse_loss(decoder(straight_through(scores)), x) + F.mse_loss(decoder(quantised(scores)), x)
    loss = loss + margin(scores[:, 0], scores[:, 1])
    loss += dice(scores, y)
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    print(step, loss.item(), accuracy.item())

for step in range(20):
    x = torch.randn(16, 8)
    found = torch.round(torch.sigmoid(detector(x)))  # expect: TL605
    loss = F.mse_loss(found, (x[:, :1] > 0).float())
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    print(step, loss.item())
