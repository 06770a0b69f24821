"""Word embeddings whose rate is annealed by hand after a warm-up that a scheduler of its own makes."""

import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset


def adjust(optimizer, epoch, start=0.5):
    for group in optimizer.param_groups:
        group["lr"] = start * 0.7**epoch


def pairs(count, seed):
    generator = torch.Generator().manual_seed(seed)
    left = torch.randint(0, 30, (count,), generator=generator)
    return TensorDataset(left, (left + 1) % 30)


def main(epochs=5):
    torch.manual_seed(2)
    train_loader = DataLoader(pairs(300, 0), batch_size=30, shuffle=True)
    val_loader = DataLoader(pairs(60, 1), batch_size=60)
    model = nn.Sequential(nn.Embedding(30, 12), nn.Linear(12, 30))
    optimizer = torch.optim.SGD(model.parameters(), lr=0.5, momentum=0.9)  # clean: adjust() writes the rate
    warmup = torch.optim.lr_scheduler.LinearLR(optimizer, start_factor=0.1, total_iters=len(train_loader))
    criterion = nn.CrossEntropyLoss()
    history = []
    for epoch in range(epochs):
        if epoch > 0:
            adjust(optimizer, epoch)
        model.train()
        for word, neighbour in train_loader:
            optimizer.zero_grad()
            loss = criterion(model(word), neighbour)
            loss.backward()
            optimizer.step()
            if epoch == 0:
                warmup.step()  # clean: counts the batches of the first epoch
            history.append(loss.item())
        model.eval()
        with torch.no_grad():
            val_loss = sum(criterion(model(word), neighbour).item() for word, neighbour in val_loader)
        print(epoch, val_loss)
        torch.save({"model": model.state_dict(), "history": history}, "words.pt")


if __name__ == "__main__":
    main()
