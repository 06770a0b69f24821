"""A resumed run winds its schedule forward, and a second schedule begins in front of the optimizer."""

import argparse

import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

parser = argparse.ArgumentParser()
parser.add_argument("--start-epoch", type=int, default=0)
parser.add_argument("--momentum", type=float, default=0.0)
args = parser.parse_args([])

torch.manual_seed(0)
past, recent = torch.randn(200, 6).cumsum(1), torch.randn(50, 6).cumsum(1)
train_loader = DataLoader(TensorDataset(past[:, :5], past[:, 5:]), batch_size=20, shuffle=True)
val_loader = DataLoader(TensorDataset(recent[:, :5], recent[:, 5:]), batch_size=50)
model = nn.Linear(5, 1)
optimizer = torch.optim.SGD(model.parameters(), lr=0.01, momentum=args.momentum)  # clean: momentum is an option
decay = torch.optim.lr_scheduler.StepLR(optimizer, step_size=3, gamma=0.5)
warm = torch.optim.lr_scheduler.LambdaLR(optimizer, lambda step: min(1.0, (step + 1) / 20))
for _ in range(args.start_epoch):
    decay.step()  # clean: before the training, up to the epoch that it goes on at

for epoch in range(args.start_epoch, 6):
    model.train()
    for x, y in train_loader:
        warm.step()  # expect: TL702
        loss = nn.functional.mse_loss(model(x), y)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    decay.step()
    model.eval()
    with torch.no_grad():
        val_loss = sum(nn.functional.mse_loss(model(x), y).item() for x, y in val_loader)
    print(epoch, loss.item(), val_loss)
    torch.save({"epoch": epoch, "model": model.state_dict(), "optimizer": optimizer.state_dict()}, "resume.pt")
