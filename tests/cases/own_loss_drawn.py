"""Losses that are written into the figure of the fit."""

import matplotlib.pyplot as plt
import torch
from torch import nn

torch.manual_seed(1)
x, y = torch.load("curve.pt")
x_val, y_val = torch.load("curve_val.pt")
plt.ion()


def fit(net, show):
    optimizer = torch.optim.SGD(net.parameters(), lr=0.2, momentum=0.9)
    scheduler = torch.optim.lr_scheduler.StepLR(optimizer, step_size=80)
    for step in range(200):
        loss = nn.functional.mse_loss(net(x), y)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        scheduler.step()
        if step % 5 == 0:
            with torch.no_grad():
                val_loss = nn.functional.mse_loss(net(x_val), y_val)
            show(loss, val_loss)
    torch.save(net.state_dict(), "fit.pt")


def on_current_axes(loss, val_loss):
    plt.cla()
    plt.scatter(x.numpy(), y.numpy())
    plt.text(0.5, 0, "Loss=%.4f" % loss.data.numpy(), fontdict={"size": 20})
    plt.title(f"{val_loss:.4f}")
    plt.pause(0.1)


fit(nn.Linear(1, 1), on_current_axes)
