"""A schedule is wound forward to the epoch that a run begins with, and then steps before the updates of each epoch; the means of the
batches are divided by the number of samples, which the data set is asked for by its own method; and the batches go to the GPU under
their own names."""

import torch
from torch import nn
from torch.utils.data import DataLoader
from torchvision import transforms
from torchvision.datasets import ImageFolder


def fit(train_loader, val_loader, model, criterion, optimizer, scheduler, epochs, first=0):
    for epoch in range(first):
        scheduler.step()  # clean: before the training

    for epoch in range(first, epochs):
        scheduler.step()  # expect: TL702
        model.train()
        total = 0.0
        for images, labels in train_loader:
            images = images.cuda()
            labels = labels.cuda()
            optimizer.zero_grad()
            loss = criterion(model(images), labels)
            loss.backward()
            optimizer.step()
            total += loss.item()
        print(epoch, total / train_loader.dataset.__len__())  # expect: TL518
        val_loss, val_acc = validate(model, val_loader, criterion)
        print("validation", val_loss.item(), val_acc)  # expect: TL526
        torch.save(model.state_dict(), f"{epoch}.pt")


def validate(model, loader, criterion):
    model.eval()
    hits, seen = 0, 0
    with torch.no_grad():
        for images, labels in loader:
            images = images.cuda()
            labels = labels.cuda()
            scores = model(images)
            loss = criterion(scores, labels)
            hits += (scores.argmax(dim=1) == labels).sum().item()
            seen += len(labels)
    return loss, hits / seen


def main():
    steps = transforms.Compose([transforms.Resize(64), transforms.CenterCrop(64), transforms.ToTensor()])
    train_loader = DataLoader(ImageFolder("leaves/train", steps), batch_size=64, shuffle=True)
    val_loader = DataLoader(ImageFolder("leaves/val", steps), batch_size=64)
    model = nn.Sequential(nn.Flatten(), nn.Linear(3 * 64 * 64, 128), nn.ReLU(), nn.Dropout(0.2), nn.Linear(128, 9)).cuda()
    optimizer = torch.optim.AdamW(model.parameters(), lr=1e-3)
    scheduler = torch.optim.lr_scheduler.StepLR(optimizer, step_size=10)
    fit(train_loader, val_loader, model, nn.CrossEntropyLoss(), optimizer, scheduler, epochs=30)


if __name__ == "__main__":
    main()
