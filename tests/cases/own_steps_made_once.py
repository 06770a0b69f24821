"""A training step that is made when it is first needed, compiled and kept: the one made is the one kept."""

import torch
from torch import nn
from torch.utils.data import DataLoader, random_split
from torchvision import datasets, transforms


class State:
    def __init__(self, model, optimizer):
        self.model, self.optimizer = model, optimizer
        self.step = None


def make_step(model, optimizer):
    def step(images, labels):
        loss = nn.functional.cross_entropy(model(images), labels)
        loss.backward()  # clean: zeroed before each call
        optimizer.step()
        return loss.item()

    return step


def kept_step(state):
    if state.step is not None:
        return state.step
    step = torch.compile(make_step(state.model, state.optimizer))
    state.step = step
    return state.step


def one_epoch(state, loader, compiled):
    step = None
    if compiled:
        step = kept_step(state)
    state.model.train()
    total = 0.0
    for images, labels in loader:
        state.optimizer.zero_grad()
        if step is None:
            step = make_step(state.model, state.optimizer)
        total += step(images, labels)
    return total / len(loader)


@torch.no_grad()
def measure(model, loader):
    model.eval()
    return sum((model(images).argmax(1) == labels).sum().item() for images, labels in loader)


def main():
    torch.manual_seed(0)
    whole = datasets.SVHN("data", split="train", transform=transforms.ToTensor())
    train_set, val_set = random_split(whole, [0.9, 0.1])
    train_loader = DataLoader(train_set, batch_size=128, shuffle=True)
    val_loader = DataLoader(val_set, batch_size=256)
    model = nn.Sequential(nn.Flatten(), nn.Linear(3072, 256), nn.ReLU(), nn.Dropout(0.2), nn.Linear(256, 10))
    state = State(model, torch.optim.AdamW(model.parameters(), lr=1e-3))
    scheduler = torch.optim.lr_scheduler.CosineAnnealingLR(state.optimizer, T_max=20)
    for epoch in range(20):
        loss = one_epoch(state, train_loader, torch.cuda.is_available())
        scheduler.step()
        print(epoch, loss, measure(model, val_loader))
        torch.save(model.state_dict(), "digits.pt")


if __name__ == "__main__":
    main()
