"""A network from elsewhere gives its loss and a metric: the loss is kept with its graph, the metric is a number by its name."""

import torch
from torch import nn


def one_epoch(network, train_loader, optimizer):
    network.train()
    losses, accuracies = [], []
    for batch in train_loader:
        loss, accuracy = network.training_step(batch)
        losses.append(loss)  # expect: TL507
        accuracies.append(accuracy)  # clean: a number by its name
        loss.backward()
        optimizer.step()
        optimizer.zero_grad()
    return torch.stack(losses).mean().item(), torch.stack(accuracies).mean().item()


def fit(network, train_loader, val_loader, optimizer, device, epochs=20):
    network = nn.DataParallel(network)
    network.to(device)
    for epoch in range(epochs):
        print(epoch, one_epoch(network, train_loader, optimizer), network.validate(val_loader))
        torch.save(network.state_dict(), "network.pt")
