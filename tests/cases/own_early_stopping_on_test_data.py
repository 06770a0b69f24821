"""The early stopper, the plateau schedule and the reported best epoch are all told the test loss."""

import torch
from torch import nn
from torch.utils.data import DataLoader
from torchvision import datasets, transforms


class EarlyStopping:
    def __init__(self, patience=5):
        self.patience = patience
        self.counter = 0
        self.best_score = None
        self.early_stop = False

    def __call__(self, loss, model):
        score = -loss
        if self.best_score is None:
            self.best_score = score
            torch.save(model.state_dict(), "checkpoint.pt")
        elif score < self.best_score:
            self.counter += 1
            if self.counter >= self.patience:
                self.early_stop = True
        else:
            self.best_score = score
            self.counter = 0
            torch.save(model.state_dict(), "checkpoint.pt")


def evaluate(model, loader):
    model.eval()
    with torch.no_grad():
        losses = [nn.functional.cross_entropy(model(images), labels).item() for images, labels in loader]
    return sum(losses) / len(losses)


torch.manual_seed(0)
train_set = datasets.MNIST("data", train=True, transform=transforms.ToTensor())
held_out = datasets.MNIST("data", train=False, transform=transforms.ToTensor())
train_loader = DataLoader(train_set, batch_size=64, shuffle=True)
val_loader = DataLoader(held_out, batch_size=256)
model = nn.Sequential(nn.Flatten(), nn.Linear(784, 100), nn.ReLU(), nn.Linear(100, 10))
optimizer = torch.optim.Adam(model.parameters(), lr=1e-3)
scheduler = torch.optim.lr_scheduler.ReduceLROnPlateau(optimizer, patience=2)
stopper = EarlyStopping()
for epoch in range(30):
    model.train()
    for images, labels in train_loader:
        optimizer.zero_grad()
        loss = nn.functional.cross_entropy(model(images), labels)
        loss.backward()
        optimizer.step()
    val_loss = evaluate(model, val_loader)
    print(epoch, loss.item(), val_loss)
    scheduler.step(val_loss)  # expect: TL101
    stopper(val_loss, model)  # expect: TL101
    if stopper.early_stop:  # clean: the stopper has spoken
        break
