import copy

import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset


def digits(n, seed):
    g = torch.Generator().manual_seed(seed)
    x = torch.randn(n, 20, generator=g)
    return TensorDataset(x, x[:, :4].argmax(1))


class Classifier(nn.Module):
    def __init__(self, width):
        super().__init__()
        self.layers = nn.Sequential(nn.Linear(20, width), nn.BatchNorm1d(width), nn.ReLU(), nn.Dropout(0.3), nn.Linear(width, 4))

    def forward(self, x):
        return self.layers(x)


def distil(student, teacher, loader, optimizer):
    student.train()
    for x, y in loader:
        with torch.no_grad():
            wanted = teacher(x)  # expect: TL529
        scores = student(x)
        loss = nn.functional.cross_entropy(scores, y) + nn.functional.mse_loss(scores, wanted)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    return loss.item()


def mean_teacher(student, ema, loader, optimizer):
    student.train()
    for x, y in loader:
        with torch.no_grad():
            wanted = ema(x)  # clean: an average of the student, in train mode by convention
        scores = student(x)
        loss = nn.functional.cross_entropy(scores, y) + nn.functional.mse_loss(scores, wanted)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        with torch.no_grad():
            for average, parameter in zip(ema.parameters(), student.parameters()):
                average.mul_(0.99).add_(parameter, alpha=0.01)
    return loss.item()


def accuracy(model, loader):
    model.eval()
    with torch.no_grad():
        return sum((model(x).argmax(1) == y).sum().item() for x, y in loader) / len(loader.dataset)


def main(epochs=4):
    torch.manual_seed(0)
    train, val = DataLoader(digits(320, 0), batch_size=32, shuffle=True), DataLoader(digits(80, 1), batch_size=40)
    teacher = Classifier(128)
    teacher.load_state_dict(torch.load("teacher.pt"))
    student = Classifier(16)
    average = copy.deepcopy(student)
    optimizer = torch.optim.AdamW(student.parameters(), lr=1e-3)
    scheduler = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, epochs)
    for epoch in range(epochs):
        loss = distil(student, teacher, train, optimizer)
        loss += mean_teacher(student, average, train, optimizer)
        scheduler.step()
        print(epoch, loss, accuracy(student, val))
        torch.save(student.state_dict(), "student.pt")


if __name__ == "__main__":
    torch.manual_seed(1)
    torch.save(Classifier(128).state_dict(), "teacher.pt")
    main()
