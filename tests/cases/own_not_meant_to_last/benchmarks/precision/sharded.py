"""Compares the memory that sharded training takes in two precisions: only the figures count, not the network."""

import torch
from torch import nn
from torch.utils.data import DataLoader
from torchvision import transforms
from torchvision.datasets import CIFAR100


def measure(dtype):
    torch.cuda.reset_peak_memory_stats()
    data = CIFAR100("data", train=True, download=True, transform=transforms.ToTensor())
    loader = DataLoader(data, batch_size=256, shuffle=True)
    model = nn.Sequential(nn.Flatten(), nn.Linear(3072, 4096), nn.GELU(), nn.Linear(4096, 100)).cuda()
    optimizer = torch.optim.AdamW(model.parameters(), lr=1e-4)
    model.train()
    for images, labels in loader:
        with torch.autocast("cuda", dtype):
            loss = nn.functional.cross_entropy(model(images.cuda()), labels.cuda())
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    return torch.cuda.max_memory_allocated()


if __name__ == "__main__":
    print({str(dtype): measure(dtype) for dtype in (torch.float32, torch.bfloat16)})
