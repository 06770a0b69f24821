"""Features of a network that has not learnt anything are looked at, then it is trained: the look tests nothing."""

import torch
import torch.nn.functional as F
from torch import nn
from torch.utils.data import DataLoader, Dataset
from torchvision import transforms
from torchvision.io import read_image


class TwoViews(Dataset):
    def __init__(self, listing):
        self.files = listing.read().split()
        self.change = transforms.Compose([transforms.RandomResizedCrop(32), transforms.RandomHorizontalFlip()])

    def __len__(self):
        return len(self.files)

    def __getitem__(self, index):
        image = read_image(self.files[index]).float() / 255
        return self.change(image), self.change(image), index


torch.manual_seed(11)
few = DataLoader(TwoViews(open("stars.txt")), batch_size=16, shuffle=True)
loader = DataLoader(TwoViews(open("stars.txt")), batch_size=256, shuffle=True)
encoder = nn.Sequential(nn.Conv2d(3, 32, 3, 2), nn.BatchNorm2d(32), nn.ReLU(), nn.AdaptiveAvgPool2d(1), nn.Flatten())


def nt_xent(left, right):
    scores = F.normalize(left, dim=1) @ F.normalize(right, dim=1).T / 0.2
    return F.cross_entropy(scores, torch.arange(len(scores)))


left, right, _ = next(iter(few))
with torch.no_grad():
    a, b = F.normalize(encoder(left), dim=1), F.normalize(encoder(right), dim=1)  # clean: nothing is learnt yet
print("before", (a * b).sum(1).mean().item())

optimizer = torch.optim.AdamW(encoder.parameters(), lr=1e-3)
scheduler = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, T_max=50)
for epoch in range(50):
    for left, right, _ in loader:
        optimizer.zero_grad()
        loss = nt_xent(encoder(left), encoder(right))
        loss.backward()
        optimizer.step()
    scheduler.step()
    print(epoch, loss.item())
    torch.save(encoder.state_dict(), "encoder.pt")
