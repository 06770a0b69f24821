"""A GAN whose optimizers a configuration makes out of sight: its adversaries are named, and it needs no validation."""

import torch
from configs import optimizer_from
from torch import nn
from torch.utils.data import DataLoader
from torchvision import datasets, transforms


class Generator(nn.Module):
    def __init__(self):
        super().__init__()
        self.layers = nn.Sequential(nn.Linear(64, 256), nn.ReLU(), nn.Linear(256, 784), nn.Tanh())

    def forward(self, noise):
        return self.layers(noise)


class Discriminator(nn.Module):
    def __init__(self):
        super().__init__()
        self.layers = nn.Sequential(nn.Flatten(), nn.Linear(784, 256), nn.LeakyReLU(0.2), nn.Linear(256, 1))

    def forward(self, image):
        return self.layers(image)


torch.manual_seed(29)
to_tensor = transforms.Compose([transforms.ToTensor(), transforms.Normalize((0.5,), (0.5,))])
digits = datasets.MNIST("data", train=True, transform=to_tensor)
loader = DataLoader(digits, batch_size=128, shuffle=True)
generator, discriminator = Generator(), Discriminator()
criterion = nn.BCEWithLogitsLoss()
optimizer = optimizer_from("gan.yaml", generator, discriminator)

for epoch in range(50):  # clean: a generator and a discriminator have no held-out data
    for real, _ in loader:
        fake = generator(torch.randn(len(real), 64))
        told_real, told_fake = discriminator(real), discriminator(fake)
        loss = criterion(told_real, torch.ones_like(told_real)) + criterion(told_fake, torch.zeros_like(told_fake))
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    print(epoch, loss.item())
    torch.save({"generator": generator.state_dict(), "discriminator": discriminator.state_dict()}, "gan.pt")
