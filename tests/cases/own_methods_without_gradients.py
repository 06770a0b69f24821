"""Ways through a network that turn gradients off by themselves, an attack that needs them, and a plain evaluation."""

import torch
from torch import nn
from torch.utils.data import DataLoader
from torchvision.datasets import FashionMNIST
from torchvision.transforms import ToTensor


class Tagger(nn.Module):
    def __init__(self):
        super().__init__()
        self.body = nn.Sequential(nn.Flatten(), nn.Linear(784, 128), nn.ReLU(), nn.Dropout(0.2))
        self.head = nn.Linear(128, 10)

    def forward(self, x):
        return self.head(self.body(x))

    @torch.no_grad()
    def predict(self, x):
        return self.head(self.body(x)).argmax(1)

    @torch.inference_mode()
    def score(self, x):
        return self(x)

    def rank(self, x):
        return self.head(self.body(x)).argsort(1)


def robust_accuracy(model, loader, eps=0.03):
    right = total = 0
    for x, y in loader:  # clean: the attack differentiates
        x = x.requires_grad_()
        loss = nn.functional.cross_entropy(model(x), y)
        slope = torch.autograd.grad(loss, x)[0]
        right += (model.predict(x + eps * slope.sign()) == y).sum().item()
        total += len(y)
    return right / total


def main():
    torch.manual_seed(0)
    images = FashionMNIST("data", train=True, download=True, transform=ToTensor())
    train_set, val_set = torch.utils.data.random_split(images, [50000, 10000])
    train_loader = DataLoader(train_set, batch_size=64, shuffle=True)
    val_loader = DataLoader(val_set, batch_size=256)
    model = Tagger()
    optimizer = torch.optim.AdamW(model.parameters(), lr=1e-3)
    scheduler = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, T_max=10)
    for epoch in range(10):
        model.train()
        for x, y in train_loader:
            loss = nn.functional.cross_entropy(model(x), y)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
        scheduler.step()
        model.eval()
        right = total = 0
        for x, y in val_loader:  # clean: `predict` is decorated
            right += (model.predict(x) == y).sum().item()
            total += len(y)
        top = 0.0
        for x, y in val_loader:  # clean: so is `score`
            top += (model.score(x).topk(3).indices == y[:, None]).any(1).sum().item()
        third = 0.0
        for x, y in val_loader:  # expect: TL506
            third += (model.rank(x)[:, -3:] == y[:, None]).any(1).sum().item()
        print(epoch, loss.item(), right / total, top / total, third / total)
        torch.save(model.state_dict(), "tagger.pt")
    print(robust_accuracy(model, val_loader))


if __name__ == "__main__":
    main()
