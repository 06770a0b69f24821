import copy

import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset


def ratings(n, seed):
    g = torch.Generator().manual_seed(seed)
    x = torch.randn(n, 10, generator=g)
    return TensorDataset(x, x[:, :3].sum(1, keepdim=True))


class Scorer(nn.Module):
    def __init__(self, outputs=5):
        super().__init__()
        self.body = nn.Sequential(nn.Linear(10, 32), nn.ReLU())
        self.head = nn.Linear(32, outputs)

    def forward(self, x):
        return self.head(self.body(x))


def fit(model, optimizer, scheduler, epochs=4):
    train, val = DataLoader(ratings(320, 0), batch_size=32, shuffle=True), DataLoader(ratings(64, 1), batch_size=32)
    best, best_model = float("inf"), None
    for epoch in range(epochs):
        model.train()
        for x, y in train:
            optimizer.zero_grad()
            loss = nn.functional.mse_loss(model(x), y)
            loss.backward()
            optimizer.step()
        scheduler.step()
        model.eval()
        with torch.no_grad():
            val_loss = sum(nn.functional.mse_loss(model(x), y).item() for x, y in val) / len(val)
        print(epoch, loss.item(), val_loss)
        if val_loss < best:
            best, best_model = val_loss, copy.deepcopy(model)
            torch.save(best_model.state_dict(), "scorer.pt")
    return best_model


def new_head_too_late():
    model = Scorer()
    optimizer = torch.optim.AdamW(model.parameters(), lr=1e-3)
    scheduler = torch.optim.lr_scheduler.StepLR(optimizer, 2)
    model.head = nn.Linear(32, 1)  # expect: TL513
    return fit(model, optimizer, scheduler)


def copied_too_late():
    model = Scorer(1)
    optimizer = torch.optim.AdamW(model.parameters(), lr=1e-3)
    scheduler = torch.optim.lr_scheduler.StepLR(optimizer, 2)
    model = copy.deepcopy(model)  # expect: TL513
    return fit(model, optimizer, scheduler)


def moved_and_compiled():
    model = Scorer()
    model.head = nn.Linear(32, 1)  # clean: before the optimizer
    optimizer = torch.optim.AdamW(model.parameters(), lr=1e-3)
    scheduler = torch.optim.lr_scheduler.StepLR(optimizer, 2)
    model = torch.compile(model.to("cpu"), backend="eager")  # clean: the same parameters
    return fit(model, optimizer, scheduler)


def grown():
    model = Scorer()
    optimizer = torch.optim.AdamW(model.body.parameters(), lr=1e-3)
    scheduler = torch.optim.lr_scheduler.StepLR(optimizer, 2)
    model.head = nn.Linear(32, 1)  # clean: added to the optimizer below
    optimizer.add_param_group({"params": model.head.parameters(), "lr": 1e-2})
    return fit(model, optimizer, scheduler)


if __name__ == "__main__":
    torch.manual_seed(0)
    new_head_too_late()
    copied_too_late()
    moved_and_compiled()
    grown()
