"""A forecast of the winds."""

import torch
from seeded import train_loader, val_loader
from torch import nn


def main():
    model = nn.Linear(8, 1)
    optimizer = torch.optim.SGD(model.parameters(), lr=1e-3, momentum=0.9)
    scheduler = torch.optim.lr_scheduler.StepLR(optimizer, step_size=5)
    for epoch in range(20):
        for features, target in train_loader:
            optimizer.zero_grad()
            loss = nn.functional.mse_loss(model(features), target)
            loss.backward()
            optimizer.step()
        scheduler.step()
        with torch.no_grad():
            errors = [nn.functional.mse_loss(model(features), target).item() for features, target in val_loader]
        print(epoch, loss.item(), sum(errors) / len(errors))
        torch.save(model.state_dict(), "winds_model.pt")


if __name__ == "__main__":
    main()
