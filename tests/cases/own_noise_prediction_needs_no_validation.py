"""A denoising model is judged by its samples: no held-out loss is asked for."""

import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

torch.manual_seed(0)
loader = DataLoader(TensorDataset(torch.rand(256, 2)), batch_size=32, shuffle=True)
net = nn.Sequential(nn.Linear(3, 64), nn.SiLU(), nn.Linear(64, 2))
optimizer = torch.optim.AdamW(net.parameters(), lr=1e-3)
scheduler = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, T_max=5)
for epoch in range(5):  # clean: what is predicted is drawn noise
    for (points,) in loader:
        time = torch.rand(len(points), 1)
        noise = torch.randn_like(points)
        mixed = (1 - time) * points + time * noise
        loss = nn.functional.mse_loss(net(torch.cat([mixed, time], dim=1)), noise)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    scheduler.step()
    print(epoch, loss.item())
    torch.save(net.state_dict(), "denoiser.pt")
