"""A data set gives each image augmented and as it is; the best weights are kept under two names, as one mistake."""

import torch
from torch import nn
from torch.utils.data import DataLoader, Dataset, random_split
from torchvision import datasets, transforms

PLAIN = transforms.Compose([transforms.Resize((32, 32)), transforms.ToTensor()])
CHANGED = transforms.Compose([transforms.RandomRotation(10), transforms.RandomHorizontalFlip()])


class Flags(Dataset):
    def __init__(self, change=CHANGED, plain=PLAIN):
        self.images = datasets.ImageFolder("flags")
        self.change = transforms.Compose([change, plain])
        self.plain_transform = plain

    def __len__(self):
        return len(self.images)

    def __getitem__(self, index):
        image, country = self.images[index]
        changed = self.change(image)
        plain = self.plain_transform(image)
        return changed, plain, country


torch.manual_seed(10)
train_set, val_set = random_split(Flags(), [0.9, 0.1])  # clean: the plain images are evaluated
train_loader = DataLoader(train_set, batch_size=64, shuffle=True)
val_loader = DataLoader(val_set, batch_size=64)
model = nn.Sequential(nn.Flatten(), nn.Linear(3072, 195))
optimizer = torch.optim.SGD(model.parameters(), lr=0.05, momentum=0.9)
scheduler = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, T_max=30)
criterion = nn.CrossEntropyLoss()
best_loss = float("inf")

for epoch in range(30):
    model.train()
    for changed, _, countries in train_loader:
        optimizer.zero_grad()
        loss = criterion(model(changed), countries)
        loss.backward()
        optimizer.step()
    scheduler.step()
    model.eval()
    with torch.no_grad():
        val_loss = sum(criterion(model(plain), countries).item() for _, plain, countries in val_loader)
    print(epoch, loss.item(), val_loss / len(val_loader))
    if val_loss < best_loss:
        best_loss = val_loss
        best_state = model.state_dict().copy()  # expect: TL903
        model.best_state = best_state  # clean: the same as before

model.load_state_dict(best_state)
torch.save(model.state_dict(), "flags.pt")
