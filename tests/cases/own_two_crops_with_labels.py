"""An encoder learns from two crops of each image, which of them belong together by their labels; a probe is trained later, elsewhere."""

import torch
from torch import nn
from torch.nn import functional
from torch.utils.data import DataLoader
from torchvision import transforms
from torchvision.datasets import CIFAR100


class SupConLoss(nn.Module):
    def __init__(self, temperature=0.1):
        super().__init__()
        self.temperature = temperature

    def forward(self, features, labels):
        scores = features @ features.T / self.temperature
        same = (labels[:, None] == labels[None, :]).float().fill_diagonal_(0)
        itself = torch.eye(len(labels), device=scores.device, dtype=torch.bool)
        chances = scores.masked_fill(itself, -1e9).log_softmax(dim=1)
        return -((same * chances).sum(dim=1) / same.sum(dim=1).clamp(min=1)).mean()


class TwoCrops:
    def __init__(self, crop):
        self.crop = crop

    def __call__(self, image):
        return self.crop(image), self.crop(image)


crop = transforms.Compose([transforms.RandomResizedCrop(32), transforms.RandomHorizontalFlip(), transforms.ToTensor()])
loader = DataLoader(CIFAR100("data", train=True, transform=TwoCrops(crop)), batch_size=256, shuffle=True)
encoder = nn.Sequential(nn.Flatten(), nn.Linear(3072, 512), nn.ReLU(), nn.Linear(512, 128)).cuda()
criterion = SupConLoss()
optimizer = torch.optim.SGD(encoder.parameters(), lr=0.05, momentum=0.9)
scheduler = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, T_max=200)
for epoch in range(200):  # clean: contrastive pre-training needs no validation
    for (first, second), labels in loader:
        crops = torch.cat([first, second]).cuda()
        optimizer.zero_grad()
        loss = criterion(functional.normalize(encoder(crops), dim=1), torch.cat([labels, labels]).cuda())
        loss.backward()
        optimizer.step()
    scheduler.step()
    print(epoch, loss.item())
    torch.save(encoder.state_dict(), "encoder.pt")
