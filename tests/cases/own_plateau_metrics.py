"""Plateau schedules that are told what they should be, and two that are not."""

import torch
from torch import nn
from torch.optim.lr_scheduler import ReduceLROnPlateau
from torch.utils.data import DataLoader, TensorDataset


class Run:
    def __init__(self, train_loader, val_loader, rate):
        self.train_loader, self.val_loader = train_loader, val_loader
        self.model = nn.Sequential(nn.Linear(8, 24), nn.ReLU(), nn.Linear(24, 3))
        self.optimizer = torch.optim.SGD(self.model.parameters(), lr=rate, momentum=0.9)

    def train(self):
        self.model.train()
        total = 0.0
        for x, y in self.train_loader:
            self.optimizer.zero_grad()
            loss = nn.functional.cross_entropy(self.model(x), y)
            loss.backward()
            self.optimizer.step()
            total += loss.item()
        return total / len(self.train_loader)

    def evaluate(self, name):
        self.model.eval()
        hits, total = 0, 0.0
        with torch.no_grad():
            for x, y in self.val_loader:
                logits = self.model(x)
                hits += (logits.argmax(1) == y).sum().item()
                total += nn.functional.cross_entropy(logits, y).item()
        torch.save(self.model.state_dict(), name)
        return total / len(self.val_loader), hits / len(self.val_loader.dataset)


def by_error(run, epochs=10):
    scheduler = ReduceLROnPlateau(run.optimizer, mode="min", patience=2)
    for epoch in range(epochs):
        loss = run.train()
        val_loss, val_acc = run.evaluate("error.pt")
        scheduler.step(1 - val_acc)  # clean: the error rate falls
        print(epoch, loss, val_loss, val_acc)


def now_and_then(run, epochs=40):
    scheduler = ReduceLROnPlateau(run.optimizer, patience=3)
    for epoch in range(epochs):
        loss = run.train()
        scheduler.step(loss)  # clean: validation data is looked at in one epoch of ten only
        print(epoch, loss)
        if epoch % 10 == 9:
            print("validation", run.evaluate("rare.pt"))


def by_accuracy(run, epochs=10):
    scheduler = ReduceLROnPlateau(run.optimizer, mode="max", patience=2)
    for epoch in range(epochs):
        loss = run.train()
        val_loss, val_acc = run.evaluate("accuracy.pt")
        scheduler.step(val_loss)  # expect: TL704
        print(epoch, loss, val_loss, val_acc)


def by_training_loss(run, epochs=10):
    scheduler = ReduceLROnPlateau(run.optimizer, patience=2)
    for epoch in range(epochs):
        train_loss = run.train()
        val_loss, val_acc = run.evaluate("training.pt")
        scheduler.step(train_loss)  # expect: TL704
        print(epoch, train_loss, val_loss, val_acc)


def main():
    torch.manual_seed(8)
    x = torch.randn(400, 8)
    y = x[:, :3].argmax(1)
    train_loader = DataLoader(TensorDataset(x[:320], y[:320]), batch_size=32, shuffle=True)
    val_loader = DataLoader(TensorDataset(x[320:], y[320:]), batch_size=80)
    by_error(Run(train_loader, val_loader, 0.05))
    now_and_then(Run(train_loader, val_loader, 0.05))
    by_accuracy(Run(train_loader, val_loader, 0.05))
    by_training_loss(Run(train_loader, val_loader, 0.05))


if __name__ == "__main__":
    main()
