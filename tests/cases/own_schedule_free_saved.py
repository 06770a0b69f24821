import schedulefree
import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset


def tides(n, seed):
    g = torch.Generator().manual_seed(seed)
    x = torch.randn(n, 6, generator=g)
    return TensorDataset(x, x.sin().sum(1, keepdim=True))


def main(epochs=6):
    torch.manual_seed(0)
    model = nn.Sequential(nn.Linear(6, 32), nn.Tanh(), nn.Linear(32, 1))
    optimizer = schedulefree.SGDScheduleFree(model.parameters(), lr=0.5)
    train_loader, val_loader = DataLoader(tides(400, 0), batch_size=40, shuffle=True), DataLoader(tides(80, 1), batch_size=40)
    for epoch in range(epochs):
        model.train()
        optimizer.train()
        for x, y in train_loader:
            optimizer.zero_grad()
            loss = nn.functional.mse_loss(model(x), y)
            loss.backward()
            optimizer.step()
        torch.save(model.state_dict(), "tides.pt")  # expect: TL530
        model.eval()
        optimizer.eval()
        with torch.no_grad():
            val_loss = sum(nn.functional.mse_loss(model(x), y).item() for x, y in val_loader) / len(val_loader)
        print(epoch, loss.item(), val_loss)


if __name__ == "__main__":
    main()
