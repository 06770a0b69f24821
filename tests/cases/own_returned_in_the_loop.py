"""A `return` that slid into the loop over batches: only the first batch of each epoch is ever trained on."""

import torch
from jsonargparse import ArgumentParser
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

parser = ArgumentParser()
parser.add_argument("--resume", type=bool, default=False)  # clean: jsonargparse reads true and false
args = parser.parse_args()
torch.manual_seed(0)
features = torch.randn(800, 12)
train_set, val_set = TensorDataset(features[:700], features[:700, :1]), TensorDataset(features[700:], features[700:, :1])
train_loader = DataLoader(train_set, batch_size=50, shuffle=True)
val_loader = DataLoader(val_set, batch_size=100)
model = nn.Sequential(nn.Linear(12, 24), nn.ReLU(), nn.Linear(24, 1))
optimizer = torch.optim.AdamW(model.parameters(), lr=1e-3)
scheduler = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, T_max=30)
criterion = nn.MSELoss()
if args.resume:
    model.load_state_dict(torch.load("returned.pt"))


def step(x, y):
    optimizer.zero_grad()
    loss = criterion(model(x), y)
    loss.backward()
    optimizer.step()
    return loss.item()  # clean: leaves no loop of its own


def warm_up(most):
    for number, (x, y) in enumerate(train_loader):
        print(step(x, y))
        if number == most:
            return  # clean: under a condition


def train_one_epoch():
    model.train()
    total = 0.0
    for x, y in train_loader:
        total += step(x, y)
        return total / len(train_loader)  # expect: TL402


def validate():
    model.eval()
    with torch.no_grad():
        for x, y in val_loader:
            return criterion(model(x), y).item()  # clean: the one batch that holds all of it


for few in range(3):
    warm_up(few)
    print(validate())
for epoch in range(30):
    trained, validated = train_one_epoch(), validate()
    scheduler.step()
    print(epoch, trained, validated)
    torch.save(model.state_dict(), "returned.pt")
