"""A schedule that a dict of settings turns off is still offered: a person writes other milestones there."""

import torch
from torch import nn
from torch.optim.lr_scheduler import MultiStepLR


def fit(model, loader, settings):
    milestones = settings["milestones"]
    optimizer = torch.optim.Adam(model.parameters(), lr=0.01)
    schedule = None
    if milestones is not None:
        schedule = MultiStepLR(optimizer, milestones=milestones, gamma=0.5)
    for epoch in range(settings["num_epochs"]):  # expect: TL104
        model.train()
        for features, label in loader:
            optimizer.zero_grad()
            loss = nn.functional.cross_entropy(model(features), label)
            loss.backward()
            optimizer.step()
        print(epoch, loss.item())
        if schedule is not None:
            schedule.step()
    torch.save(model.state_dict(), "model.pt")
