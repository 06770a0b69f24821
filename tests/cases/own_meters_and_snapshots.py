"""Fine-tuning with meters, a schedule that nobody steps, and a snapshot of the model out of its wrapper."""

import argparse

import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset


class Meter:
    def __init__(self):
        self.total, self.count = 0.0, 0

    def update(self, value, count):
        self.total += value * count
        self.count += count

    def mean(self):
        return self.total / self.count


def make_schedules(body_optimizer, head_optimizer, epochs):
    return (
        torch.optim.lr_scheduler.CosineAnnealingLR(body_optimizer, T_max=epochs),
        torch.optim.lr_scheduler.StepLR(head_optimizer, step_size=2, gamma=0.1),  # expect: TL703
    )


def sounds(count):
    x = torch.randn(count, 12)
    return TensorDataset(x, (x[:, :6].sum(1) > 0).long())


def train(network, loader, optimizers):
    network.train()
    meter = Meter()
    for x, y in loader:
        loss = nn.functional.cross_entropy(network(x), y)
        for optimizer in optimizers:
            optimizer.zero_grad()
        loss.backward()
        for optimizer in optimizers:
            optimizer.step()
        meter.update(loss.item(), len(x))
    return meter


@torch.no_grad()
def error(network, loader):
    network.eval()
    return sum((network(x).argmax(1) != y).sum().item() for x, y in loader) / len(loader.dataset)


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--keep", action="store_true")
    parser.add_argument("--epochs", type=int, default=4)
    args = parser.parse_args([])
    torch.manual_seed(5)
    train_loader = DataLoader(sounds(128), batch_size=16, shuffle=True)
    val_loader = DataLoader(sounds(32), batch_size=32)
    body, head = nn.Sequential(nn.Linear(12, 16), nn.ReLU()), nn.Linear(16, 2)
    network = nn.DataParallel(nn.Sequential(body, head))
    body_optimizer = torch.optim.AdamW(body.parameters(), lr=1e-3)
    head_optimizer = torch.optim.SGD(head.parameters(), lr=0.05, momentum=0.9, nesterov=True)
    body_schedule, head_schedule = make_schedules(body_optimizer, head_optimizer, args.epochs)
    best = 1.0
    for epoch in range(args.epochs):
        meter = train(network, train_loader, [body_optimizer, head_optimizer])  # clean: the meter's mean is printed
        body_schedule.step()
        wrong = error(network, val_loader)
        print(f"epoch {epoch}: loss {meter.mean():.3f}, error {wrong:.3f}")
        if wrong < best:
            best = wrong
            torch.save(network.module, "best.pt")  # expect: TL904
        if args.keep:
            torch.save(network.module.state_dict(), f"epoch-{epoch}.pt")
