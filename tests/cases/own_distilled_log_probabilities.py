"""A small student of a larger teacher: log-probabilities where they belong, and scores in one place where they don't."""

import torch
import torch.nn as nn
import torch.nn.functional as F
from torch.utils.data import DataLoader, TensorDataset

TEMPERATURE = 3.0


def network(width):
    return nn.Sequential(nn.Linear(10, width), nn.ReLU(), nn.Linear(width, 4))


def readings(count, seed):
    generator = torch.Generator().manual_seed(seed)
    x = torch.randn(count, 10, generator=generator)
    return TensorDataset(x, x[:, :4].argmax(1))


torch.manual_seed(0)
teacher, student = network(64).eval(), network(8)
for parameter in teacher.parameters():
    parameter.requires_grad = False
train_loader = DataLoader(readings(128, 0), batch_size=16, shuffle=True)
val_loader = DataLoader(readings(32, 1), batch_size=32)
optimizer = torch.optim.AdamW(student.parameters(), lr=3e-3)
scheduler = torch.optim.lr_scheduler.ExponentialLR(optimizer, gamma=0.8)
distance = nn.KLDivLoss(reduction="batchmean")

for epoch in range(4):
    student.train()
    for x, y in train_loader:
        scores = student(x)
        with torch.no_grad():
            soft = F.softmax(teacher(x) / TEMPERATURE, dim=1)
        hard = F.nll_loss(F.log_softmax(scores, dim=1), y)  # clean: log-probabilities
        near = distance(F.log_softmax(scores / TEMPERATURE, dim=1), soft)  # clean: as it must be
        bare = distance(scores / TEMPERATURE, soft)  # expect: TL603
        loss = hard + near + 0.1 * bare
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    scheduler.step()
    student.eval()
    with torch.no_grad():
        val_loss = sum(F.nll_loss((F.softmax(student(x), 1) + 1e-9).log(), y).item() for x, y in val_loader)
    print(epoch, loss.item(), val_loss)
    torch.save(student.state_dict(), "student.pt")
