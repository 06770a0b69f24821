# Anomaly detection that was turned on to find a NaN, and stayed on.
import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

torch.manual_seed(0)
torch.autograd.set_detect_anomaly(True)  # expect: TL402
torch.autograd.set_detect_anomaly(False)  # clean: turns it off
train = DataLoader(TensorDataset(torch.randn(128, 8), torch.randn(128, 1)), 32, shuffle=True)
val = DataLoader(TensorDataset(torch.randn(32, 8), torch.randn(32, 1)), 32)
net = nn.Sequential(nn.Linear(8, 8), nn.ReLU(), nn.Linear(8, 1))
optimizer = torch.optim.AdamW(net.parameters(), lr=1e-3)
scheduler = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, 5)
for epoch in range(5):
    net.train()
    for x, y in train:
        optimizer.zero_grad()
        with torch.autograd.detect_anomaly():  # clean: for this part alone
            loss = nn.functional.mse_loss(net(x), y)
            loss.backward()
        optimizer.step()
    scheduler.step()
    net.eval()
    with torch.no_grad():
        held_out = sum(nn.functional.mse_loss(net(x), y).item() for x, y in val) / len(val)
    print(epoch, loss.item(), held_out)
    torch.save(net.state_dict(), "net.pt")
