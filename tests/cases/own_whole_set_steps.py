"""Steps on all data, on drawn parts of it, and where all data in one batch is right."""

import numpy as np
import torch
from torch import nn

torch.manual_seed(5)
spectra = torch.rand(640, 20)
purity = spectra[:, 3:9].mean(1, keepdim=True)
x_train, y_train, x_val, y_val = spectra[:512], purity[:512], spectra[512:], purity[512:]


def network():
    return nn.Sequential(nn.Linear(20, 32), nn.ReLU(), nn.Linear(32, 1))


def validated(model, name):
    model.eval()
    with torch.no_grad():
        loss = nn.functional.mse_loss(model(x_val), y_val).item()
    torch.save(model.state_dict(), name)
    model.train()
    return loss


def sample(count):
    rows = np.random.choice(len(x_train), count)
    return x_train[rows], y_train[rows]


def drawn(model, steps=200):
    optimizer = torch.optim.AdamW(model.parameters(), lr=1e-3)
    scheduler = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, T_max=steps)
    for step in range(steps):  # clean: each step draws 32 samples
        inputs, targets = sample(32)
        loss = nn.functional.mse_loss(model(inputs), targets)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        scheduler.step()
        if step % 50 == 49:
            print("drawn", step, loss.item(), validated(model, "drawn.pt"))


def in_turn(model, steps=200, size=64):
    optimizer = torch.optim.AdamW(model.parameters(), lr=1e-3)
    scheduler = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, T_max=steps)
    for step in range(steps):  # clean: each step takes the next 64 samples
        start = step * size % len(x_train)
        loss = nn.functional.mse_loss(model(x_train[start : start + size]), y_train[start : start + size])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        scheduler.step()
        if step % 50 == 49:
            print("in turn", step, loss.item(), validated(model, "in_turn.pt"))


def quasi_newton(model, steps=10):
    optimizer = torch.optim.LBFGS(model.parameters(), line_search_fn="strong_wolfe")

    def closure():
        optimizer.zero_grad()
        loss = nn.functional.mse_loss(model(x_train), y_train)
        loss.backward()
        return loss

    for step in range(steps):  # clean: L-BFGS needs a loss without noise
        loss = optimizer.step(closure)
        print("quasi newton", step, loss.item(), validated(model, "newton.pt"))


def whole(model, steps=200):
    optimizer = torch.optim.AdamW(model.parameters(), lr=1e-3)
    scheduler = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, T_max=steps)
    for step in range(steps):  # expect: TL706
        prediction = model(x_train)
        loss = nn.functional.mse_loss(prediction, y_train)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        scheduler.step()
        if step % 50 == 49:
            print("whole", step, loss.item(), validated(model, "whole.pt"))


if __name__ == "__main__":
    for fit in (drawn, in_turn, quasi_newton, whole):
        fit(network())
