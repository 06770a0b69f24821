"""One class for all parts of the slides: it always holds the augmentation, and uses it for the training part alone; its
elder sister uses it for any part but the test."""

import glob
import os

import torch
from PIL import Image
from torch import nn
from torch.utils.data import DataLoader, Dataset
from torchvision import transforms


class Slides(Dataset):
    def __init__(self, folder, part, augment=True):
        self.part, self.augment = part, augment
        self.files = sorted(glob.glob(os.path.join(folder, part, "*.png")))
        self.transform = transforms.Compose([transforms.RandomVerticalFlip(), transforms.ColorJitter(0.2)])  # clean: training only
        self.as_tensor = transforms.ToTensor()

    def __len__(self):
        return len(self.files)

    def __getitem__(self, index):
        slide = Image.open(self.files[index]).convert("RGB").resize((64, 64))
        if self.part == "train" and self.augment:
            slide = self.transform(slide)
        return self.as_tensor(slide), int(self.files[index].split("_")[-1][0])


class OlderSlides(Dataset):
    def __init__(self, folder, part):
        self.part = part
        self.files = sorted(glob.glob(os.path.join(folder, part, "*.png")))
        self.transform = transforms.Compose([transforms.RandomRotation(20), transforms.ToTensor()])  # expect: TL107

    def __len__(self):
        return len(self.files)

    def __getitem__(self, index):
        slide = Image.open(self.files[index]).convert("RGB").resize((64, 64))
        if self.part != "test":
            return self.transform(slide), int(self.files[index].split("_")[-1][0])
        return transforms.functional.to_tensor(slide), -1


def train(train_set, val_set, name):
    train_loader = DataLoader(train_set, batch_size=32, shuffle=True)
    val_loader = DataLoader(val_set, batch_size=64)
    model = nn.Sequential(nn.Flatten(), nn.Linear(3 * 64 * 64, 64), nn.ReLU(), nn.Linear(64, 4))
    optimizer = torch.optim.AdamW(model.parameters(), lr=1e-3)
    scheduler = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, T_max=15)
    criterion = nn.CrossEntropyLoss()
    for epoch in range(15):
        model.train()
        for slides, grades in train_loader:
            optimizer.zero_grad()
            loss = criterion(model(slides), grades)
            loss.backward()
            optimizer.step()
        scheduler.step()
        model.eval()
        with torch.no_grad():
            val_loss = sum(criterion(model(slides), grades).item() for slides, grades in val_loader) / len(val_loader)
        print(epoch, loss.item(), val_loss)
        torch.save(model.state_dict(), f"{name}.pt")


if __name__ == "__main__":
    torch.manual_seed(0)
    train(Slides("slides", "train"), Slides("slides", "val"), "slides")
    train(OlderSlides("archive", "train"), OlderSlides("archive", "val"), "archive")
