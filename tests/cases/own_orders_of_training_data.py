"""Training data whose order is left to a library or taken from features, and one loader that nobody shuffles."""

import torch
from torch import nn
from torch.utils.data import DataLoader
from torchtext.data import BucketIterator, TabularDataset
from torchvision.datasets import ImageFolder
from torchvision.models import resnet18
from torchvision.transforms import ToTensor

EPOCHS = 12


def fit(model, batches, val_batches, name):
    optimizer = torch.optim.AdamW(model.parameters(), lr=1e-3)
    scheduler = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, T_max=EPOCHS)
    for epoch in range(EPOCHS):
        model.train()
        for x, y in batches():
            loss = nn.functional.cross_entropy(model(x), y)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
        scheduler.step()
        model.eval()
        with torch.no_grad():
            right = sum((model(x).argmax(1) == y).sum().item() for x, y in val_batches())
        print(epoch, loss.item(), right)
        torch.save(model.state_dict(), name)


@torch.no_grad()
def features(loader):
    backbone = resnet18(weights="DEFAULT").eval()
    backbone.fc = nn.Identity()
    cached = [(backbone(image), label) for image, label in loader]
    return torch.cat([x for x, _ in cached]), torch.cat([y for _, y in cached])


def probe(folder):
    images = DataLoader(ImageFolder(folder + "/train", ToTensor()), batch_size=64)  # clean: only its features are taken
    val_images = DataLoader(ImageFolder(folder + "/val", ToTensor()), batch_size=64)
    head = nn.Linear(512, 10)
    optimizer = torch.optim.AdamW(head.parameters(), lr=1e-3)
    scheduler = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, T_max=EPOCHS)
    x, y = features(images)
    val_x, val_y = features(val_images)
    for epoch in range(EPOCHS):
        order = torch.randperm(len(x))
        for start in range(0, len(x), 64):
            chosen = order[start : start + 64]
            loss = nn.functional.cross_entropy(head(x[chosen]), y[chosen])
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
        scheduler.step()
        with torch.no_grad():
            print(epoch, loss.item(), nn.functional.cross_entropy(head(val_x), val_y).item())
        torch.save(head.state_dict(), "probe.pt")


def sentences(fields):
    train_set = TabularDataset("intents/train.tsv", "tsv", fields)
    val_set = TabularDataset("intents/val.tsv", "tsv", fields)
    train_iter = BucketIterator(train_set, batch_size=32, train=True)  # clean: shuffles where it trains
    val_iter = BucketIterator(val_set, batch_size=32, train=False)
    model = nn.Sequential(nn.EmbeddingBag(8000, 64), nn.Linear(64, 12))
    fit(model, lambda: train_iter, lambda: val_iter, "intents.pt")


def pictures(folder):
    train_loader = DataLoader(ImageFolder(folder + "/train", ToTensor()), batch_size=64)  # expect: TL517
    val_loader = DataLoader(ImageFolder(folder + "/val", ToTensor()), batch_size=64)
    fit(resnet18(num_classes=10), lambda: train_loader, lambda: val_loader, "pictures.pt")


def once(folder):
    loader = DataLoader(ImageFolder(folder + "/train", ToTensor()), batch_size=64)  # clean: a single pass
    val_loader = DataLoader(ImageFolder(folder + "/val", ToTensor()), batch_size=64)
    model = resnet18(num_classes=10)
    optimizer = torch.optim.AdamW(model.parameters(), lr=1e-3)
    scheduler = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, T_max=len(loader))
    for step, (x, y) in enumerate(loader):
        model.train()
        loss = nn.functional.cross_entropy(model(x), y)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        scheduler.step()
        if step % 500 == 499:
            model.eval()
            with torch.no_grad():
                right = sum((model(x).argmax(1) == y).sum().item() for x, y in val_loader)
            print(step, loss.item(), right)
            torch.save(model.state_dict(), "once.pt")


if __name__ == "__main__":
    torch.manual_seed(0)
    probe("pictures")
    sentences([("text", None), ("label", None)])
    pictures("pictures")
    once("pictures")
