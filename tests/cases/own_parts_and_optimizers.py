import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset


def pulses(n, seed):
    g = torch.Generator().manual_seed(seed)
    x = torch.randn(n, 1, 24, generator=g)
    return TensorDataset(x, x.abs().mean((1, 2)).gt(0.8).long())


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.features = nn.Sequential(nn.Conv1d(1, 8, 5), nn.ReLU(), nn.AdaptiveAvgPool1d(4), nn.Flatten())
        self.attention = nn.Linear(32, 32)
        self.classifier = nn.Linear(32, 2)

    def forward(self, x):
        h = self.features(x)
        return self.classifier(h * torch.sigmoid(self.attention(h)))


def run(model, optimizers, name, epochs=4):
    train, val = DataLoader(pulses(320, 0), batch_size=32, shuffle=True), DataLoader(pulses(64, 1), batch_size=32)
    schedulers = [torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, epochs) for optimizer in optimizers]
    for epoch in range(epochs):
        model.train()
        for x, y in train:
            model.zero_grad()
            loss = nn.functional.cross_entropy(model(x), y)
            loss.backward()
            for optimizer in optimizers:
                optimizer.step()
        for scheduler in schedulers:
            scheduler.step()
        model.eval()
        with torch.no_grad():
            right = sum((model(x).argmax(1) == y).sum().item() for x, y in val)
        print(name, epoch, loss.item(), right / len(val.dataset))
        torch.save(model.state_dict(), f"{name}.pt")


def attention_forgotten():
    model = Net()
    groups = [{"params": model.features.parameters(), "lr": 1e-3}, {"params": model.classifier.parameters(), "lr": 1e-2}]
    run(model, [torch.optim.AdamW(groups)], "groups")  # expect: TL527


def one_optimizer_each():
    model = Net()
    slow = torch.optim.AdamW([*model.features.parameters(), *model.attention.parameters()], lr=1e-4)
    fast = torch.optim.AdamW(model.classifier.parameters(), lr=1e-2)  # clean: the rest is in the other one
    run(model, [slow, fast], "two")


def pretrained_features():
    model = Net()
    model.load_state_dict(torch.load("pulses.pt"))
    run(model, [torch.optim.AdamW(model.classifier.parameters(), lr=1e-2)], "probe")  # clean: what was learnt before stays


if __name__ == "__main__":
    torch.manual_seed(0)
    attention_forgotten()
    one_optimizer_each()
    torch.save(Net().state_dict(), "pulses.pt")
    pretrained_features()
