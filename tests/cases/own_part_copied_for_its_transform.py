import copy
import torch
from torch import nn, optim
from torch.utils import data
from torchvision import datasets, transforms

torch.manual_seed(0)
shifted = transforms.Compose([transforms.RandomCrop(28, padding=2), transforms.ToTensor()])
plain = transforms.Compose([transforms.ToTensor()])
garments = datasets.FashionMNIST("data", train=True, transform=shifted)
train_part, valid_part = data.random_split(garments, [54000, 6000])
valid_part = copy.deepcopy(valid_part)  # clean: a copy of a part holds the same samples as the part
valid_part.dataset.transform = plain
train_loader = data.DataLoader(train_part, batch_size=64, shuffle=True)
valid_loader = data.DataLoader(valid_part, batch_size=64)
model = nn.Sequential(nn.Flatten(), nn.Linear(784, 10))
optimizer = optim.SGD(model.parameters(), lr=0.1, momentum=0.9)
scheduler = optim.lr_scheduler.StepLR(optimizer, step_size=5)
criterion = nn.CrossEntropyLoss()
best = float("inf")
for epoch in range(10):
    model.train()
    for x, y in train_loader:
        optimizer.zero_grad()
        loss = criterion(model(x), y)
        loss.backward()
        optimizer.step()
    scheduler.step()
    model.eval()
    total = 0.0
    with torch.no_grad():
        for x, y in valid_loader:
            total += criterion(model(x), y).item()
    print(epoch, loss.item(), total / len(valid_loader))
    if total < best:
        best = total
        torch.save(model.state_dict(), "best.pt")
