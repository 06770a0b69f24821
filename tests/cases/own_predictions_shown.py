"""After the test, some predictions are drawn: words that say whether one is right measure nothing."""

import matplotlib.pyplot as plt
import torch
from torch import nn
from torch.utils.data import DataLoader, random_split
from torchvision import datasets, transforms

torch.manual_seed(3)
names = ("cat", "dog")
shrink = transforms.Compose([transforms.Resize((32, 32)), transforms.ToTensor()])
pets = datasets.ImageFolder("pets/train", transform=shrink)
train_set, val_set = random_split(pets, [0.8, 0.2])
train_loader = DataLoader(train_set, batch_size=32, shuffle=True)
val_loader = DataLoader(val_set, batch_size=32)
test_loader = DataLoader(datasets.ImageFolder("pets/test", transform=shrink), batch_size=16)

model = nn.Sequential(nn.Conv2d(3, 8, 3), nn.BatchNorm2d(8), nn.ReLU(), nn.Flatten(), nn.Linear(7200, 2))
optimizer = torch.optim.Adam(model.parameters(), lr=1e-3)
scheduler = torch.optim.lr_scheduler.ExponentialLR(optimizer, 0.9)
criterion = nn.CrossEntropyLoss()

# One batch, to see the shapes: what is measured here is known before the training.
images, labels = next(iter(test_loader))
with torch.no_grad():
    model.eval()
    guessed = model(images).argmax(1)
chance = torch.mean((guessed == labels).float())

for epoch in range(12):
    model.train()
    total = 0.0
    for images, labels in train_loader:
        optimizer.zero_grad()
        loss = criterion(model(images), labels)
        loss.backward()
        optimizer.step()
        total += loss.item()
    scheduler.step()
    model.eval()
    right = 0
    with torch.no_grad():
        for images, labels in val_loader:
            right += (model(images).argmax(1) == labels).sum().item()
    print(epoch, total / len(train_loader), right / len(val_set), "instead of", chance.item())  # clean: read again
    torch.save(model.state_dict(), "pets.pt")

model.eval()
images, labels = next(iter(test_loader))
output = model(images)  # clean: shown, not measured
_, predicted = torch.max(output, 1)
figure = plt.figure(figsize=(12, 4))
for i in range(8):
    axis = figure.add_subplot(2, 4, i + 1)
    axis.set_title(names[predicted[i]], color="green" if predicted[i] == labels[i].item() else "red")
    if predicted[i] == labels[i]:
        mark = "o"
    else:
        mark = "x"
    axis.set_xlabel(mark)
