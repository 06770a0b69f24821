"""By default the program measures the saved network and returns; what stands behind that trains it."""

import argparse

import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

PARSER = argparse.ArgumentParser()
PARSER.add_argument("--mode", choices=["test", "train"], default="test")


def error(model, loader):
    model.eval()
    with torch.no_grad():
        return sum(nn.functional.mse_loss(model(x), y).item() for x, y in loader) / len(loader)


def main(args):
    torch.manual_seed(0)
    parts = torch.load("readings.pt")
    val_loader = DataLoader(TensorDataset(*parts["val"]), batch_size=128)
    model = nn.Sequential(nn.Linear(12, 32), nn.Tanh(), nn.Linear(32, 1))
    if args.mode == "test":
        model.load_state_dict(torch.load("readings_model.pt"))
        print("error", error(model, DataLoader(TensorDataset(*parts["test"]), batch_size=128)))
        return

    train_loader = DataLoader(TensorDataset(*parts["train"]), batch_size=32, shuffle=True)
    optimizer = torch.optim.AdamW(model.parameters(), lr=1e-3)
    scheduler = torch.optim.lr_scheduler.ReduceLROnPlateau(optimizer, patience=3)
    history = 0.0
    for epoch in range(40):
        model.train()
        for x, y in train_loader:
            optimizer.zero_grad()
            loss = nn.functional.mse_loss(model(x), y)
            loss.backward()
            optimizer.step()
            history += loss  # expect: TL507
        val_error = error(model, val_loader)
        scheduler.step(val_error)
        print(epoch, history, val_error)
        torch.save(model.state_dict(), "readings_model.pt")


if __name__ == "__main__":
    main(PARSER.parse_args())
