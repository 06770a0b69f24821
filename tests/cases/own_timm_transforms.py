"""timm makes both kinds of transforms with one function: `is_training` says which, and the validation data got the wrong one."""

import timm
import torch
from timm.data import create_transform
from torch import nn
from torchvision.datasets import ImageFolder

train_set = ImageFolder("data/train", create_transform(224, is_training=True))
val_set = ImageFolder("data/val", create_transform(224, is_training=True))  # expect: TL107
fixed_set = ImageFolder("data/test", create_transform(224))  # clean: off by default
model = timm.create_model("resnet18")
train_loader = torch.utils.data.DataLoader(train_set, batch_size=8, shuffle=True)
val_loader = torch.utils.data.DataLoader(val_set, batch_size=8)
test_loader = torch.utils.data.DataLoader(fixed_set, batch_size=8)
criterion = nn.CrossEntropyLoss()
optimizer = torch.optim.SGD(model.parameters(), lr=0.1, momentum=0.9)
scheduler = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, T_max=9)


def accuracy(loader):
    model.eval()
    right = 0
    with torch.no_grad():
        for x, y in loader:
            right += (model(x).argmax(1) == y).sum().item()
    return right / len(loader.dataset)


for epoch in range(9):
    model.train()
    for x, y in train_loader:
        optimizer.zero_grad()
        loss = criterion(model(x), y)
        loss.backward()
        optimizer.step()
    scheduler.step()
    print(epoch, loss.item(), accuracy(val_loader))
    torch.save(model.state_dict(), "last.pt")
print(accuracy(test_loader))
