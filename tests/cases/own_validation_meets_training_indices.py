"""The index ranges of the two parts overlap by a hundred samples."""

import torch
from torch import nn
from torch.utils.data import DataLoader, Subset, TensorDataset

torch.manual_seed(0)
data = TensorDataset(torch.randn(1000, 4), torch.randn(1000, 1))
train_loader = DataLoader(Subset(data, range(0, 800)), batch_size=50, shuffle=True)
val_loader = DataLoader(Subset(data, range(700, 900)), batch_size=100)  # expect: TL105
test_loader = DataLoader(Subset(data, range(900, 1000)), batch_size=100)  # clean: disjoint
model = nn.Linear(4, 1)
loss_fn = nn.HuberLoss()
optimizer = torch.optim.Adam(model.parameters(), lr=1e-2)
scheduler = torch.optim.lr_scheduler.ExponentialLR(optimizer, 0.8)


@torch.no_grad()
def mean_loss(loader):
    model.eval()
    return sum(loss_fn(model(x), y).item() for x, y in loader) / len(loader)


for epoch in range(5):
    model.train()
    for x, y in train_loader:
        loss = loss_fn(model(x), y)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    scheduler.step()
    print(epoch, loss.item(), mean_loss(val_loader))
    torch.save(model.state_dict(), "huber.pt")
print(mean_loss(test_loader))
