"""Paints a picture that is a module of its own: what the optimizer changes is the picture, and a frozen network judges it."""

import torch
import torchvision
from PIL import Image
from torch import nn
from torchvision import transforms

judge = nn.Sequential(*[torchvision.models.vgg19(weights="DEFAULT").features[i] for i in range(12)])


class Canvas(nn.Module):
    def __init__(self, shape):
        super().__init__()
        self.pixels = nn.Parameter(torch.rand(*shape))

    def forward(self):
        return self.pixels


def features_of(picture):
    found = []
    for stage in judge:
        picture = stage(picture)
        found.append(picture)
    return found


def paint(photo, rate, rounds):
    canvas = Canvas(photo.shape)
    painter = torch.optim.Adam(canvas.parameters(), lr=rate)
    wanted = [feature.detach() for feature in features_of(photo)]
    for turn in range(rounds):
        painter.zero_grad()
        loss = sum(((a - b) ** 2).mean() for a, b in zip(features_of(canvas()), wanted))
        loss.backward()
        painter.step()
        print(turn, loss.item())
    return canvas()


photo = transforms.ToTensor()(Image.open("tower.jpg")).unsqueeze(0)
transforms.ToPILImage()(paint(photo, 0.3, 500)[0]).save("painted.png")
