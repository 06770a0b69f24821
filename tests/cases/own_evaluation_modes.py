"""Evaluations: modes set by callers, gradients off by decorators and flags, dropout kept on purpose."""

import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.body = nn.Sequential(nn.Linear(4, 16), nn.BatchNorm1d(16), nn.ReLU())
        self.drop, self.head = nn.Dropout(0.2), nn.Linear(16, 2)

    def forward(self, x):
        return self.head(self.drop(self.body(x)))


def run_epoch(model, loader, optimizer=None):
    """One pass; `set_grad_enabled` and the mode follow from whether an optimizer is given."""
    model.train(optimizer is not None)
    total = 0.0
    with torch.set_grad_enabled(optimizer is not None):
        for x, y in loader:  # clean: mode and gradients are switched above
            loss = nn.functional.cross_entropy(model(x), y)
            if optimizer is not None:
                optimizer.zero_grad()
                loss.backward()
                optimizer.step()
            total += loss.item()
    return total / len(loader)


@torch.no_grad()
def mc_dropout_accuracy(model, loader, draws=5):
    model.eval()
    model.drop.train()
    hits = [(torch.stack([model(x) for _ in range(draws)]).mean(0).argmax(1) == y).float().mean() for x, y in loader]
    return torch.stack(hits).mean().item()


def accuracy(model, loader):
    hits = 0
    for x, y in loader:  # expect: TL506
        hits += (model(x).argmax(1) == y).sum().item()
    return hits / len(loader.dataset)


def blobs(n, seed):
    g = torch.Generator().manual_seed(seed)
    y = torch.randint(0, 2, (n,), generator=g)
    return TensorDataset(torch.randn(n, 4, generator=g) + y[:, None], y)


def main(epochs=4):
    torch.manual_seed(0)
    train_loader = DataLoader(blobs(256, 0), batch_size=32, shuffle=True)
    val_loader = DataLoader(blobs(64, 1), batch_size=32)
    model = Net()
    optimizer = torch.optim.SGD(model.parameters(), lr=0.01, momentum=0.9)
    scheduler = torch.optim.lr_scheduler.StepLR(optimizer, step_size=2)
    for epoch in range(epochs):
        train_loss = run_epoch(model, train_loader, optimizer)
        scheduler.step()
        val_loss = run_epoch(model, val_loader)
        print(epoch, train_loss, val_loss, accuracy(model, val_loader), mc_dropout_accuracy(model, val_loader))
        torch.save(model.state_dict(), "net.pt")


if __name__ == "__main__":
    main()
