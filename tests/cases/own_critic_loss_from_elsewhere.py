"""The critic's loss comes from elsewhere, with numbers beside it: it goes through the critic, and the numbers hold no graph."""

import torch
from torch import nn
from torch.utils.data import DataLoader
from torchvision import datasets, transforms
from wasserstein import Losses

torch.manual_seed(13)
images = datasets.CIFAR10("data", train=True, transform=transforms.ToTensor())
loader = DataLoader(images, batch_size=64, shuffle=True)
generator = nn.Sequential(nn.Linear(64, 3072), nn.Tanh())
critic = nn.Sequential(nn.Flatten(), nn.Linear(3072, 128), nn.LeakyReLU(0.2), nn.Linear(128, 1))
optimizer_g = torch.optim.Adam(generator.parameters(), lr=1e-4, betas=(0.0, 0.9))
optimizer_d = torch.optim.Adam(critic.parameters(), lr=1e-4, betas=(0.0, 0.9))
losses = Losses(weight=10.0)

for epoch in range(60):
    distances, totals = [], []
    for real, _ in loader:
        for _ in range(5):
            optimizer_d.zero_grad()  # clean: the critic's gradients come after this
            fake = generator(torch.randn(len(real), 64))
            d_loss, distance, norm = losses.critic_loss(critic, real, fake)
            d_loss.backward()
            optimizer_d.step()
        distances.append(distance)  # clean: it may be a number
        totals.append(d_loss)  # expect: TL507
        optimizer_g.zero_grad()
        g_loss = -critic(generator(torch.randn(len(real), 64))).mean()
        g_loss.backward()
        optimizer_g.step()
    print(epoch, sum(distances) / len(distances), g_loss.item(), torch.stack(totals).mean().item(), norm)
    torch.save({"generator": generator.state_dict(), "critic": critic.state_dict()}, "wgan.pt")
