"""Shows how three optimizers go down on one curve; the networks that fit it are of no use to anybody."""

import matplotlib.pyplot as plt
import numpy as np
import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

torch.manual_seed(1)
x = torch.linspace(-2, 2, 800).unsqueeze(1)
y = x.sin() * x + 0.1 * torch.randn(x.shape)
loader = DataLoader(TensorDataset(x, y), batch_size=40, shuffle=True)


def network():
    return nn.Sequential(nn.Linear(1, 24), nn.Tanh(), nn.Linear(24, 1))


def descend(model, optimizer):
    losses = []
    for epoch in range(15):
        for inputs, targets in loader:
            loss = nn.functional.mse_loss(model(inputs), targets)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            losses.append(loss.item())
    return losses


plain, heavy = network(), network()
plt.plot(descend(plain, torch.optim.SGD(plain.parameters(), lr=0.02)), label="plain")
plt.plot(descend(heavy, torch.optim.SGD(heavy.parameters(), lr=0.02, momentum=0.8)), label="momentum")

times = np.linspace(0, 6 * np.pi, 120, dtype=np.float32)
wave = torch.from_numpy(np.sin(times))[None, :, None]
shifted = torch.from_numpy(np.cos(times))[None, :, None]
recurrent = nn.RNN(1, 16, batch_first=True)
head = nn.Linear(16, 1)
adam = torch.optim.Adam([*recurrent.parameters(), *head.parameters()], lr=0.02)
followed = []
for step in range(80):
    states, _ = recurrent(wave)
    loss = nn.functional.mse_loss(head(states), shifted)
    adam.zero_grad()
    loss.backward()
    adam.step()
    followed.append(loss.item())
plt.plot(followed, label="a wave followed by Adam")
plt.legend()
plt.savefig("descents.png")
