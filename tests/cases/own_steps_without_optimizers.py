"""Gradients that no optimizer steps with, on purpose: attacks, saliency, hand-written rules; and losses cut or not."""

import torch
import torch.nn.functional as F
from torch import nn

torch.manual_seed(0)
model = nn.Sequential(nn.Linear(4, 8), nn.ReLU(), nn.Linear(8, 2))


def draw():
    return torch.randn(16, 4), torch.randint(0, 2, (16,))


def attacked(eps=0.1):
    found = []
    for _ in range(8):
        x, y = draw()
        x.requires_grad_()
        loss = F.cross_entropy(model(x), y)
        model.zero_grad()
        loss.backward()  # clean: the input's gradient is what is wanted
        found.append((x + eps * x.grad.sign()).detach())
    return found


def by_momentum(rate=0.01, decay=0.9):
    velocity = [torch.zeros_like(p) for p in model.parameters()]
    for _ in range(8):
        x, y = draw()
        loss = F.cross_entropy(model(x), y)
        model.zero_grad()
        loss.backward()  # clean: the update is written out below
        with torch.no_grad():
            for p, v in zip(model.parameters(), velocity):
                v.mul_(decay).add_(p.grad)
                p.sub_(rate * v)
        print(loss.item())


def with_baseline():
    critic = nn.Linear(4, 1)
    optimizer = torch.optim.AdamW([*model.parameters(), *critic.parameters()], lr=1e-3)
    for _ in range(8):
        x, y = draw()
        value = critic(x).squeeze(1)
        log_prob = F.log_softmax(model(x), 1).gather(1, y[:, None]).squeeze(1)
        advantage = y.float() - value.detach()
        loss = -(log_prob * advantage).mean() + F.mse_loss(value, y.float())
        optimizer.zero_grad()
        loss.backward()  # clean: only the baseline is detached
        optimizer.step()
        print(loss.item())


def mixed_precision():
    optimizer = torch.optim.AdamW(model.parameters(), lr=1e-3)
    scaler = torch.amp.GradScaler("cuda", enabled=torch.cuda.is_available())
    for _ in range(8):
        x, y = draw()
        optimizer.zero_grad()
        with torch.autocast("cpu", dtype=torch.bfloat16):
            loss = F.cross_entropy(model(x), y)
        scaler.scale(loss).backward()
        scaler.unscale_(optimizer)
        nn.utils.clip_grad_norm_(model.parameters(), 1.0)  # clean: unscaled
        scaler.step(optimizer)
        scaler.update()
        print(loss.item())


def rounded():
    optimizer = torch.optim.AdamW(model.parameters(), lr=1e-3)
    for _ in range(8):
        x, y = draw()
        output = model(x).detach()  # expect: TL509
        loss = F.cross_entropy(output, y).requires_grad_()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        print(loss.item())


if __name__ == "__main__":
    attacked()
    by_momentum()
    with_baseline()
    mixed_precision()
    rounded()
