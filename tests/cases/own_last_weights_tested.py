"""The best weights are copied, and the last ones are tested."""

import copy

import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset


def loader(seed, count, shuffle=False):
    points = torch.rand(count, 4, generator=torch.Generator().manual_seed(seed))
    return DataLoader(TensorDataset(points, points.sum(1, keepdim=True)), batch_size=16, shuffle=shuffle)


@torch.no_grad()
def error_on(network, data):
    network.eval()
    return sum(nn.functional.l1_loss(network(x), y).item() for x, y in data) / len(data)


def train(train_loader, val_loader):
    network = nn.Sequential(nn.Linear(4, 8), nn.ReLU(), nn.Linear(8, 1))
    optimizer = torch.optim.AdamW(network.parameters(), lr=1e-2)
    scheduler = torch.optim.lr_scheduler.StepLR(optimizer, step_size=3, gamma=0.5)
    lowest, kept = float("inf"), None
    for epoch in range(8):
        network.train()
        for x, y in train_loader:
            optimizer.zero_grad()
            loss = nn.functional.l1_loss(network(x), y)
            loss.backward()
            optimizer.step()
        scheduler.step()
        error = error_on(network, val_loader)
        print(epoch, loss.item(), error)
        if error < lowest:
            lowest = error
            kept = copy.deepcopy(network.state_dict())
    torch.save(kept, "kept.pt")
    return network


torch.manual_seed(0)
train_loader, val_loader, test_loader = loader(0, 96, shuffle=True), loader(1, 32), loader(2, 32)
network = train(train_loader, val_loader)
print("test error", error_on(network, test_loader))  # expect: TL907
