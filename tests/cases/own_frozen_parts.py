import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset


def scans(n, seed):
    g = torch.Generator().manual_seed(seed)
    x = torch.randn(n, 1, 12, 12, generator=g)
    return TensorDataset(x, (x.mean((1, 2, 3)) > 0).long())


class Encoder(nn.Module):
    def __init__(self):
        super().__init__()
        self.layers = nn.Sequential(nn.Conv2d(1, 8, 3), nn.BatchNorm2d(8), nn.ReLU(), nn.AdaptiveAvgPool2d(1), nn.Flatten())

    def forward(self, x):
        return self.layers(x)


class Probe(nn.Module):
    def __init__(self):
        super().__init__()
        self.encoder = Encoder()
        self.encoder.load_state_dict(torch.load("encoder.pt"))
        for p in self.encoder.parameters():
            p.requires_grad = False
        self.head = nn.Sequential(nn.BatchNorm1d(8), nn.Linear(8, 2))

    def forward(self, x):
        return self.head(self.encoder(x))


class FaithfulProbe(Probe):
    def train(self, mode=True):
        super().train(mode)
        self.encoder.eval()
        return self


def epoch_of(model, loader, optimizer):
    for x, y in loader:
        optimizer.zero_grad()
        loss = nn.functional.cross_entropy(model(x), y)
        loss.backward()
        optimizer.step()
    return loss.item()


def accuracy(model, loader):
    model.eval()
    with torch.no_grad():
        return sum((model(x).argmax(1) == y).sum().item() for x, y in loader) / len(loader.dataset)


def drifting(train, val, epochs=3):
    probe = Probe()
    optimizer = torch.optim.AdamW(probe.head.parameters(), lr=1e-3)
    scheduler = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, epochs)
    for epoch in range(epochs):
        probe.train()  # expect: TL522
        loss = epoch_of(probe, train, optimizer)
        scheduler.step()
        print(epoch, loss, accuracy(probe, val))
        torch.save(probe.state_dict(), "probe.pt")


def faithful(train, val, epochs=3):
    probe = FaithfulProbe()
    optimizer = torch.optim.AdamW(probe.head.parameters(), lr=1e-3)
    scheduler = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, epochs)
    for epoch in range(epochs):
        probe.train()  # clean: its own train() leaves the encoder in eval mode
        loss = epoch_of(probe, train, optimizer)
        scheduler.step()
        print(epoch, loss, accuracy(probe, val))
        torch.save(probe.state_dict(), "faithful.pt")


def head_alone(train, val, epochs=3):
    probe = Probe()
    optimizer = torch.optim.AdamW(probe.head.parameters(), lr=1e-3)
    scheduler = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, epochs)
    for epoch in range(epochs):
        probe.eval()
        probe.head.train()  # clean: of the head alone
        loss = epoch_of(probe, train, optimizer)
        scheduler.step()
        print(epoch, loss, accuracy(probe, val))
        torch.save(probe.state_dict(), "head.pt")


if __name__ == "__main__":
    torch.manual_seed(0)
    torch.save(Encoder().state_dict(), "encoder.pt")
    loaders = DataLoader(scans(160, 0), batch_size=16, shuffle=True), DataLoader(scans(40, 1), batch_size=20)
    drifting(*loaders)
    faithful(*loaders)
    head_alone(*loaders)
