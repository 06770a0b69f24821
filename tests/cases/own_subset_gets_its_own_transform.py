"""One folder, split once; the validation part reads through a data set without augmentation. The test folder is augmented."""

import torch
from torch import nn
from torch.utils.data import DataLoader, Subset
from torchvision import datasets, models, transforms

torch.manual_seed(7)
augment = transforms.Compose(
    [transforms.RandomResizedCrop(128), transforms.RandomHorizontalFlip(), transforms.ToTensor()]
)
fixed = transforms.Compose([transforms.Resize(144), transforms.CenterCrop(128), transforms.ToTensor()])
shaky = transforms.Compose(
    [
        transforms.Resize(144),
        transforms.RandomRotation(10),  # expect: TL107
        transforms.CenterCrop(128),
        transforms.ToTensor(),
    ]
)
augmented = datasets.ImageFolder("birds/train", augment)
plain = datasets.ImageFolder("birds/train", fixed)
order = torch.randperm(len(plain)).tolist()
train_set = Subset(augmented, order[500:])  # clean: each part has a data set of its own
val_set = Subset(plain, order[:500])  # clean: disjoint indices of two objects over one folder
test_set = datasets.ImageFolder("birds/test", shaky)
train_loader = DataLoader(train_set, batch_size=32, shuffle=True)
val_loader = DataLoader(val_set, batch_size=32)
test_loader = DataLoader(test_set, batch_size=32)

model = models.resnet18(num_classes=20)
optimizer = torch.optim.SGD(model.parameters(), lr=0.05, momentum=0.9)
scheduler = torch.optim.lr_scheduler.MultiStepLR(optimizer, [6, 9])


@torch.no_grad()
def hits(loader):
    model.eval()
    return sum((model(x).argmax(1) == y).sum().item() for x, y in loader) / len(loader.dataset)


for epoch in range(10):
    model.train()
    for x, y in train_loader:
        loss = nn.functional.cross_entropy(model(x), y)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    scheduler.step()
    print(epoch, loss.item(), hits(val_loader))
    torch.save(model.state_dict(), "birds.pt")
print("test", hits(test_loader))
