"""A helper that stops early keeps the best weights, under a condition with a name; the test takes the last ones."""

import math

import torch
from torch import nn
from torch.utils.data import DataLoader, random_split
from torchvision import datasets, transforms


class Patience:
    def __init__(self, rounds, path=None, margin=0.0):
        self.rounds, self.path, self.margin = rounds, path, margin
        self.waited = 0
        self.best_score = math.inf

    def __call__(self, score, network):
        improved = score < self.best_score - self.margin
        if improved:
            if self.path:
                torch.save(network.state_dict(), self.path)
            self.best_score = score
            self.waited = 0
        else:
            self.waited += 1
        return self.waited >= self.rounds


@torch.no_grad()
def measure(network, loader):
    network.eval()
    right = total = loss = 0
    for images, labels in loader:
        scores = network(images)
        loss += criterion(scores, labels).item() * len(labels)
        right += (scores.argmax(1) == labels).sum().item()
        total += len(labels)
    return loss / total, right / total


torch.manual_seed(8)
to_tensor = transforms.ToTensor()
letters = datasets.EMNIST("data", "letters", train=True, transform=to_tensor)
train_set, val_set = random_split(letters, [0.9, 0.1])
train_loader = DataLoader(train_set, batch_size=128, shuffle=True)
val_loader = DataLoader(val_set, batch_size=256)
test_loader = DataLoader(datasets.EMNIST("data", "letters", train=False, transform=to_tensor), batch_size=256)
model = nn.Sequential(nn.Flatten(), nn.Linear(784, 256), nn.ReLU(), nn.Dropout(0.3), nn.Linear(256, 27))
criterion = nn.CrossEntropyLoss()
optimizer = torch.optim.Adam(model.parameters(), lr=1e-3)
scheduler = torch.optim.lr_scheduler.StepLR(optimizer, step_size=5)
patience = Patience(3, "letters.pt", margin=0.001)

for epoch in range(30):
    model.train()
    for images, labels in train_loader:
        optimizer.zero_grad()
        loss = criterion(model(images), labels)
        loss.backward()
        optimizer.step()
    scheduler.step()
    val_loss, val_accuracy = measure(model, val_loader)
    print(epoch, loss.item(), val_loss, val_accuracy)
    if patience(val_loss, model):
        break

print("test", measure(model, test_loader))  # expect: TL907
