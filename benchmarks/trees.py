"""Folders of training code to measure on: a copy of real ones, or generated ones of any size."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

_SKIPPED = {".git", "__pycache__", ".venv", "node_modules"}


@dataclass(frozen=True, slots=True)
class Size:
    """How much code there is."""

    files: int
    lines: int


def copied(folders: Sequence[Path], target: Path) -> Size:
    """Copy the Python files of some folders, or single files, alone: no tool finds a configuration beside them."""
    files = lines = 0
    for number, folder in enumerate(folders):
        for source in [folder] if folder.is_file() else sorted(folder.rglob("*.py")):
            inside = source.relative_to(folder.parent)
            if source.is_file() and not _SKIPPED & set(inside.parts):
                copy = target / str(number) / inside
                copy.parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(source, copy)
                files += 1
                lines += source.read_bytes().count(b"\n")
    return Size(files, lines)


def generated(files: int, target: Path) -> Size:
    """Projects of four files each (network, data, epochs, script), all with names and numbers of their own."""
    lines = 0
    for number in range(files):
        name, text = _PROJECT[number % len(_PROJECT)]
        filled = text.replace("NUMBER", str(number // len(_PROJECT)))
        path = target / f"project_{number // len(_PROJECT)}" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(filled, encoding="utf-8")
        lines += filled.count("\n")
    return Size(files, lines)


_NETWORK = """\
import torch.nn as nn
import torch.nn.functional as F


class BlockNUMBER(nn.Module):
    def __init__(self, channels, stride=1):
        super().__init__()
        self.conv1 = nn.Conv2d(channels, channels, 3, stride=stride, padding=1, bias=False)
        self.bn1 = nn.BatchNorm2d(channels)
        self.conv2 = nn.Conv2d(channels, channels, 3, padding=1, bias=False)
        self.bn2 = nn.BatchNorm2d(channels)

    def forward(self, x):
        out = F.relu(self.bn1(self.conv1(x)))
        out = self.bn2(self.conv2(out))
        return F.relu(out + x)


class NetNUMBER(nn.Module):
    def __init__(self, width=64, blocks=3, classes=10):
        super().__init__()
        self.stem = nn.Conv2d(3, width, 3, padding=1)
        self.blocks = nn.Sequential(*[BlockNUMBER(width) for _ in range(blocks)])
        self.drop = nn.Dropout(0.1)
        self.head = nn.Linear(width, classes)

    def forward(self, x):
        x = self.blocks(self.stem(x))
        x = x.mean(dim=(2, 3))
        return self.head(self.drop(x))
"""

_DATA = """\
import torch
from torch.utils.data import DataLoader, random_split
from torchvision import datasets, transforms


def transform_NUMBER(train):
    steps = [transforms.ToTensor(), transforms.Normalize((0.5,), (0.5,))]
    if train:
        steps.insert(0, transforms.RandomHorizontalFlip())
    return transforms.Compose(steps)


def loaders(root, batch_size, workers=2):
    full = datasets.CIFAR10(root, train=True, download=True, transform=transform_NUMBER(True))
    train, val = random_split(full, [45000, 5000], generator=torch.Generator().manual_seed(NUMBER))
    test = datasets.CIFAR10(root, train=False, transform=transform_NUMBER(False))
    return {
        "train": DataLoader(train, batch_size=batch_size, shuffle=True, num_workers=workers),
        "val": DataLoader(val, batch_size=batch_size, num_workers=workers),
        "test": DataLoader(test, batch_size=batch_size, num_workers=workers),
    }
"""

_EPOCHS = """\
import torch


def train_epoch(model, loader, criterion, optimizer, device, log_interval=50):
    model.train()
    total = 0.0
    for step, (images, labels) in enumerate(loader):
        images, labels = images.to(device), labels.to(device)
        optimizer.zero_grad()
        loss = criterion(model(images), labels)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        total += loss.item()
        if step % log_interval == 0:
            print(f"NUMBER: step {step}, loss {loss.item():.4f}")
    return total / len(loader)


@torch.no_grad()
def evaluate(model, loader, criterion, device):
    model.eval()
    total, correct, seen = 0.0, 0, 0
    for images, labels in loader:
        images, labels = images.to(device), labels.to(device)
        outputs = model(images)
        total += criterion(outputs, labels).item()
        correct += (outputs.argmax(dim=1) == labels).sum().item()
        seen += labels.size(0)
    return total / len(loader), correct / seen
"""

_SCRIPT = """\
import argparse

import torch
import torch.nn as nn

from data import loaders
from epochs import evaluate, train_epoch
from network import NetNUMBER


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--epochs", type=int, default=90)
    parser.add_argument("--lr", type=float, default=0.1)
    parser.add_argument("--batch-size", type=int, default=128)
    parser.add_argument("--resume", default="")
    parser.add_argument("--adam", action="store_true")
    args = parser.parse_args()

    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    parts = loaders("data", args.batch_size)
    model = NetNUMBER().to(device)
    criterion = nn.CrossEntropyLoss()
    if args.adam:
        optimizer = torch.optim.AdamW(model.parameters(), lr=args.lr)
    else:
        optimizer = torch.optim.SGD(model.parameters(), lr=args.lr, momentum=0.9, weight_decay=5e-4)
    scheduler = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, T_max=args.epochs)
    start, best = 0, 0.0
    if args.resume:
        state = torch.load(args.resume, weights_only=True)
        model.load_state_dict(state["model"])
        optimizer.load_state_dict(state["optimizer"])
        start = state["epoch"] + 1
    for epoch in range(start, args.epochs):
        loss = train_epoch(model, parts["train"], criterion, optimizer, device)
        val_loss, val_acc = evaluate(model, parts["val"], criterion, device)
        scheduler.step()
        print(f"epoch {epoch}: {loss:.4f} {val_loss:.4f} {val_acc:.4f}")
        state = {"model": model.state_dict(), "optimizer": optimizer.state_dict(), "epoch": epoch}
        torch.save(state, "last.pt")
        if val_acc > best:
            best = val_acc
            torch.save(state, "best.pt")
    print(evaluate(model, parts["test"], criterion, device))


if __name__ == "__main__":
    main()
"""

_PROJECT = (("network.py", _NETWORK), ("data.py", _DATA), ("epochs.py", _EPOCHS), ("train.py", _SCRIPT))
