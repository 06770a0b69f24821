"""albumentations: pipelines in a data set of one's own; the validation pipeline flips at random."""
import albumentations as A
import cv2
import torch
from albumentations.pytorch import ToTensorV2
from torch import nn
from torch.utils.data import DataLoader, Dataset


class Leaves(Dataset):
    def __init__(self, rows, transform):
        self.rows = rows
        self.transform = transform

    def __len__(self):
        return len(self.rows)

    def __getitem__(self, index):
        path, label = self.rows[index]
        image = cv2.cvtColor(cv2.imread(path), cv2.COLOR_BGR2RGB)
        return self.transform(image=image)["image"], label


train_transform = A.Compose([A.RandomResizedCrop(size=(224, 224)), A.HorizontalFlip(p=0.5), A.Normalize(), ToTensorV2()])
val_transform = A.Compose([A.Resize(224, 224), A.HorizontalFlip(p=0.5), A.Normalize(), ToTensorV2()])  # expect: TL107
train_rows = [line.split() for line in open("train.txt")]
val_rows = [line.split() for line in open("val.txt")]
train_loader = DataLoader(Leaves(train_rows, train_transform), batch_size=32, shuffle=True)
val_loader = DataLoader(Leaves(val_rows, val_transform), batch_size=64)
model = nn.Sequential(nn.Conv2d(3, 16, 3), nn.ReLU(), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(16, 12))
optimizer = torch.optim.AdamW(model.parameters(), lr=3e-4)
scheduler = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, T_max=30)
best = float("inf")
for epoch in range(30):
    model.train()
    for images, labels in train_loader:
        optimizer.zero_grad()
        loss = nn.functional.cross_entropy(model(images), labels)
        loss.backward()
        optimizer.step()
    scheduler.step()
    model.eval()
    total = 0.0
    with torch.no_grad():
        for images, labels in val_loader:
            total += nn.functional.cross_entropy(model(images), labels, reduction="sum").item()
    print(epoch, loss.item(), total / len(val_rows))
    if total < best:
        best = total
        torch.save(model.state_dict(), "leaves.pt")
