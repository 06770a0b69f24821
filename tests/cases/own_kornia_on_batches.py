"""kornia: augmentation on batches, in the loops themselves, that of the validation too."""
import kornia.augmentation as K
import torch
from torch import nn
from torch.utils.data import DataLoader, random_split
from torchvision import transforms
from torchvision.datasets import CIFAR10

torch.manual_seed(0)
data = CIFAR10("data", train=True, transform=transforms.ToTensor())
train_set, val_set = random_split(data, [45000, 5000])
train_loader = DataLoader(train_set, batch_size=128, shuffle=True)
val_loader = DataLoader(val_set, batch_size=256)
augment = nn.Sequential(K.RandomHorizontalFlip(p=0.5), K.ColorJitter(0.1, 0.1, 0.1, 0.1), K.Normalize(0.5, 0.25))
model = nn.Sequential(nn.Flatten(), nn.Linear(3072, 10))
optimizer = torch.optim.SGD(model.parameters(), lr=0.05, momentum=0.9)
scheduler = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, T_max=20)
best = 0.0
for epoch in range(20):
    model.train()
    for images, labels in train_loader:
        optimizer.zero_grad()
        loss = nn.functional.cross_entropy(model(augment(images)), labels)
        loss.backward()
        optimizer.step()
    scheduler.step()
    model.eval()
    correct = 0
    with torch.no_grad():
        for images, labels in val_loader:
            correct += (model(augment(images)).argmax(1) == labels).sum().item()  # misses: TL107
    accuracy = correct / len(val_set)
    print(epoch, loss.item(), accuracy)
    if accuracy > best:
        best = accuracy
        torch.save(model.state_dict(), "best.pt")
